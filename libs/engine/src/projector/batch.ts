import type { EventRecord } from '@clatter/contract';
import { admit, type DocChange, type Fence, physicalName, type StoredDoc, stampOf } from '@clatter/kernel';
import type { Document, DocumentStore, LogRecord, Stored } from '@clatter/ports';
import { Alarm } from '../alarm.ts';
import type { ProjectorOptions, Source, SourceRecord } from './options.ts';

/** The records of a batch that count, decoded, and the fence behind them. */
export type Admitted = { readonly records: readonly SourceRecord[]; readonly fence: Fence; readonly void: number };

/** Passes a batch through the fence. `next` = the offset after everything read. */
export const admitBatch = (source: Source, fence: Fence, batch: readonly LogRecord[], next: number, rules: ProjectorOptions['rules']): Admitted => {
  const records: SourceRecord[] = [];
  let dropped = 0;
  let after = fence;
  for (const record of batch) {
    if (!source.fenced) {
      records.push({ offset: record.offset, at: record.at, key: record.key, value: JSON.parse(record.value) });
      continue;
    }
    const stamp = stampOf(record.headers);
    const verdict = admit(after, stamp, record.offset, rules);
    after = verdict.fence;
    if (!verdict.admitted) dropped++;
    else if (!('claim' in stamp)) {
      const value = JSON.parse(record.value) as EventRecord;
      if (value.outcome === 'accepted') records.push({ offset: record.offset, at: record.at, key: record.key, value });
    }
  }
  return { records, fence: { ...after, offset: next }, void: dropped };
};

type Slot = { readonly collection: string; readonly key: string; doc: Document | undefined; changed: boolean };

/** Loads the documents that the records touch, applies every record once to each, and writes what changed, collection by collection. */
export const projectBatch = async (o: ProjectorOptions, source: Source, records: readonly SourceRecord[], generation: number): Promise<void> => {
  const steps = records.map((record) => ({ record, changes: source.project(record) }));
  const slots = await load(
    o.store,
    steps.flatMap((s) => s.changes),
    generation,
  );
  for (const { record, changes } of steps) applyRecord(source.topic, slots, record.offset, changes, o.rules?.docSkip !== false);
  const order = o.rules?.writeOrder === false ? [...o.collections].reverse() : o.collections;
  for (const { name } of order) {
    const changed: Stored[] = [];
    for (const slot of slots.values()) {
      if (slot.collection === name && slot.changed && slot.doc) changed.push({ key: slot.key, doc: slot.doc });
    }
    changed.sort((a, b) => (a.key < b.key ? -1 : 1)); // neighbours are written together
    if (changed.length > 0) await o.store.putMany(physicalName(name, generation), changed);
  }
};

const load = async (store: DocumentStore, changes: readonly DocChange[], generation: number): Promise<Map<string, Slot>> => {
  const slots = new Map<string, Slot>();
  const keys = new Map<string, Set<string>>();
  for (const { collection, key } of changes) {
    const known = keys.get(collection) ?? new Set<string>();
    known.add(key);
    keys.set(collection, known);
  }
  const loadOne = async (collection: string, list: readonly string[]): Promise<void> => {
    const docs = await store.getMany(physicalName(collection, generation), list);
    list.forEach((key, i) => {
      slots.set(`${collection}/${key}`, { collection, key, doc: docs[i], changed: false });
    });
  };
  await Promise.all([...keys].map(([collection, wanted]) => loadOne(collection, [...wanted])));
  return slots;
};

/** All facts of one record, then `rev` once: a document at or beyond the record's offset is left alone. */
const applyRecord = (topic: string, slots: Map<string, Slot>, offset: number, changes: readonly DocChange[], skipping: boolean): void => {
  const skip = new Set<Slot>();
  const touched = new Set<Slot>();
  for (const { collection, key, to } of changes) {
    const slot = slots.get(`${collection}/${key}`) as Slot;
    if (!touched.has(slot) && skipping && slot.doc && slot.doc.rev >= offset) skip.add(slot);
    touched.add(slot);
    if (skip.has(slot)) continue;
    const alive = slot.doc?.gone ? undefined : slot.doc;
    try {
      slot.doc = { ...to(alive as StoredDoc | undefined, offset), rev: offset };
    } catch (error) {
      throw new Alarm(`${topic}: the record at ${offset} can not be applied to ${collection}/${key}: ${error instanceof Error ? error.message : error}`);
    }
    slot.changed = true;
  }
};
