import Type from 'typebox';

export const Tokens = Type.Optional(
  Type.Union([Type.Literal('body'), Type.Literal('cookie')], { description: 'where the refresh token goes; default cookie' }),
);
export const Credentials = Type.Object(
  {
    username: Type.String({ maxLength: 64 }),
    password: Type.String({ maxLength: 1_024 }),
    device: Type.Optional(Type.String({ maxLength: 64 })),
    tokens: Tokens,
  },
  { additionalProperties: false },
);
export const Session = Type.Object({
  user: Type.String(),
  session: Type.String(),
  accessToken: Type.String(),
  expires: Type.Integer(),
  refreshToken: Type.Optional(Type.String()),
  refreshExpires: Type.Integer(),
});
export const User = Type.Object({ user: Type.String(), username: Type.String(), name: Type.String() });
export const secured = [{ access: [] }];
