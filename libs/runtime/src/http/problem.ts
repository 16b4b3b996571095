import { ERROR_CODES, type ErrorCode, type Problem } from '@clatter/contract';
import { ClatterError } from '@clatter/kernel';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';

export const problemOf = (error: ClatterError): Problem => {
  const { status, meaning, retry } = ERROR_CODES[error.code];
  return {
    type: 'about:blank',
    title: meaning,
    status,
    detail: error.message,
    code: error.code,
    retry,
    ...(error.after === undefined ? {} : { after: error.after }),
  };
};

export const sendProblem = (reply: FastifyReply, error: ClatterError): FastifyReply => {
  const problem = problemOf(error);
  if (error.after !== undefined) reply.header('retry-after', Math.max(1, Math.ceil(error.after / 1_000)));
  return reply.code(problem.status).type('application/problem+json').send(JSON.stringify(problem));
};

const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'bad_request',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  413: 'too_large',
  429: 'rate_limited',
  503: 'unavailable',
};

/** Every error that leaves a route, as RFC 9457; what is not expected is logged and says nothing of itself. */
export const answerError = (error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  if (error instanceof ClatterError) return sendProblem(reply, error);
  const status = 'statusCode' in error ? error.statusCode : undefined;
  const code = status === undefined ? undefined : (BY_STATUS[status] ?? (status >= 400 && status < 500 ? 'bad_request' : undefined));
  if (code) return sendProblem(reply, new ClatterError(code, error.message));
  if (error.name === 'StoreUnavailable') return sendProblem(reply, new ClatterError('unavailable', 'The database does not answer.', { after: 1_000 }));
  request.log.error({ error }, 'a request failed');
  return sendProblem(reply, new ClatterError('internal', 'A defect on our side.'));
};
