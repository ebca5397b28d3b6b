import { at, type Json, type JsonObject } from './json.ts';
import type { Kind } from './kinds.ts';
import { metadataOf } from './objects.ts';
import { badRequest } from './status.ts';

/** Whether an object is selected. */
export type Selector = (object: JsonObject) => boolean;

/** What a list or a watch asks for, of the objects of one kind. */
export interface SelectorTexts {
  readonly namespace: string | undefined;
  readonly labelSelector: string;
  readonly fieldSelector: string;
}

/**
 * Selects by namespace, labels and fields.
 *
 * @throws Refusal 400 for a selector that cannot be read, or that names a field that the kind is not selected by.
 */
export function selectorOf(kind: Kind, { namespace, labelSelector, fieldSelector }: SelectorTexts): Selector {
  const demands: Selector[] = [];
  if (namespace !== undefined) demands.push((object) => metadataOf(object)['namespace'] === namespace);
  if (labelSelector !== '') demands.push(...splitDemands(labelSelector).map(labelDemand));
  if (fieldSelector !== '') demands.push(...fieldSelector.split(',').map((term) => fieldDemand(kind, term)));
  return (object) => demands.every((demand) => demand(object));
}

/** Cuts at commas outside parentheses. */
function splitDemands(text: string): readonly string[] {
  return text.split(/,(?![^(]*\))/).map((term) => term.trim());
}

function labelDemand(term: string): Selector {
  const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(term);
  if (set !== null) {
    const [, key = '', operator, list = ''] = set;
    const values = new Set(list.split(',').map((value) => value.trim()));
    return (object) => {
      const value = labelOf(object, key);
      return (typeof value === 'string' && values.has(value)) === (operator === 'in');
    };
  }
  const compared = /^([\w./-]+)\s*(==|=|!=)\s*([\w.-]*)$/.exec(term);
  if (compared !== null) {
    const [, key = '', operator, wanted = ''] = compared;
    return (object) => (labelOf(object, key) === wanted) === (operator !== '!=');
  }
  const existence = /^(!?)\s*([\w./-]+)$/.exec(term);
  if (existence === null) throw badRequest(`unable to parse requirement: ${term}`);
  const [, not, key = ''] = existence;
  return (object) => (labelOf(object, key) !== undefined) === (not === '');
}

function labelOf(object: JsonObject, key: string): Json | undefined {
  return at(metadataOf(object)['labels'], [key]);
}

function fieldDemand(kind: Kind, term: string): Selector {
  const read = /^(.*?)(==|=|!=)(.*)$/.exec(term.trim());
  if (read === null) throw badRequest(`invalid selector: '${term}'; can't understand '${term}'`);
  const [, field = '', operator, wanted = ''] = read;
  const absent = defaultOf(kind, field);
  if (absent === undefined) throw unselectable(kind, field);
  const path = field.split('.');
  return (object) => {
    const value = at(object, path) ?? absent;
    return ((typeof value === 'string' ? value : JSON.stringify(value)) === wanted) === (operator !== '!=');
  };
}

/** What an object without the field is taken to have there; undefined where the field does not select. */
function defaultOf({ resource, selectableFields }: Kind, field: string): string | undefined {
  if (field === 'metadata.name' || (field === 'metadata.namespace' && resource.namespaced)) return '';
  return Object.hasOwn(selectableFields, field) ? selectableFields[field] : undefined;
}

/** A kind that is selected by its metadata alone says so in other words than one that has fields of its own. */
function unselectable({ isCustom, selectableFields }: Kind, field: string): Error {
  if (isCustom || Object.keys(selectableFields).length > 0) return badRequest(`field label not supported: ${field}`);
  return badRequest(`"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`);
}
