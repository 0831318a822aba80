/** Functions that the language itself says best. */
import type { Definition } from "./ast.ts"
import { Parser } from "./parser.ts"

const source = `
def map(f): [.[] | f];
def map_values(f): .[] |= f;
def select(f): if f then . else empty end;
def recurse: recurse(.[]?);
def recurse(f): def all: ., (f | all); all;
def recurse(f; keep): def all: ., (f | select(keep) | all); all;
def values: select(. != null);
def nulls: select(. == null);
def booleans: select(type == "boolean");
def numbers: select(type == "number");
def strings: select(type == "string");
def arrays: select(type == "array");
def objects: select(type == "object");
def iterables: select(type == "array" or type == "object");
def scalars: select(type != "array" and type != "object");
def finites: select(type == "number" and (isinfinite or isnan | not));
def normals: select(type == "number" and isnormal);
def isvalid(f): try (f | true) catch false;
def paths: path(..) | select(length > 0);
def paths(f): . as $all | paths | select(. as $at | $all | _getpath($at) | f);
def leaf_paths: paths(scalars);
def with_entries(f): to_entries | map(f) | from_entries;
def add(f): reduce f as $each (null; . + $each);
def while(go; step): def turn: if go then ., (step | turn) else empty end; turn;
def until(done; step): def turn: if done then . else step | turn end; turn;
def repeat(step): def turn: ., (step | turn); turn;
def nth($n): .[$n];
def nth($n; f): if $n < 0 then error("Out of bounds negative array index") else last(limit($n + 1; f)) end;
def first: .[0];
def last: .[-1];
def range($to): range(0; $to; 1);
def range($from; $to): range($from; $to; 1);
def any(f): any(.[]; f);
def all(f): all(.[]; f);
def any(source; f): isempty(first(source | f or empty)) | not;
def all(source; f): isempty(first(source | f and empty));
def walk(f): def inner: (if type == "object" then map_values(inner) elif type == "array" then map(inner) else . end) | f; inner;
def env: $ENV;
def match(re): match(re; null);
def match(re; flags): _match(re; flags; false) | .[];
def capture(re): capture(re; null);
def capture(re; flags): match(re; flags) | [.captures[] | select(.name != null) | {key: .name, value: .string}] | from_entries;
def scan(re): scan(re; null);
def scan(re; $flags): match(re; "g" + $flags) | if (.captures | length) > 0 then [.captures[].string] else .string end;
def splits(re): split(re; null) | .[];
def splits(re; flags): split(re; flags) | .[];
def sub(re; to): sub(re; to; "");
def gsub(re; to): sub(re; to; "g");
def gsub(re; to; $flags): sub(re; to; $flags + "g");
def ascii: [.] | implode;
def tostream: path(def inner: (.[]? | inner), .; inner) as $at | _getpath($at)
  | reduce path(.[]?) as $last ([$at, .]; [$at + $last]);
def fromstream(events): {done: false, value: null} as $start
  | foreach events as $event ($start;
      if .done then $start else . end
      | if $event | length == 2 then
          if ($event[0] | length) == 0 then {done: true, value: $event[1]} else .value |= setpath($event[0]; $event[1]) end
        else .done = (($event[0] | length) == 1) end;
      if .done then .value else empty end);
def truncate_stream(events): . as $depth | null | events | . as $event | if ($event[0] | length) > $depth then [$event[0][$depth:]] + $event[1:] else empty end;
def combinations: if length == 0 then [] else .[0][] as $head | (.[1:] | combinations) as $tail | [$head] + $tail end;
def combinations($n): . as $set | [range($n)] | map($set) | combinations;
def ascii($code): [$code] | implode;
def INDEX(key): INDEX(.[]; key);
def INDEX(rows; key): reduce rows as $row ({}; .[$row | key | tostring] |= $row);
def IN(set): any(set == .; .);
def IN(source; set): any(source == set; .);
def pick(places): . as $all | reduce path(places) as $at (null; setpath($at; $all | _getpath($at)));
def debug(message): (message | debug | empty), .;
def halt_error: halt_error(5);
def error(message): message | error;
`

let definitions: ReadonlyMap<string, Definition> | undefined

export const preludeDefinition = (name: string, arity: number): Definition | undefined => {
  definitions ??= new Map(
    Parser.program(source).defs.map((def) => [`${def.name}/${def.params.length}`, def])
  )
  return definitions.get(`${name}/${arity}`)
}

export const preludeNames = (): ReadonlyArray<string> => {
  preludeDefinition("", 0)
  return Array.from(definitions!.keys())
}
