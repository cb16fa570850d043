"""Checks schemas/ without any of Switchyard's own code, and JSON lines against one of its schemas.

usage: validate_schemas.py [--against SCHEMA FILE.jsonl]...

Every schema must be valid JSON Schema 2020-12 and agree with the Swift sources on names; every example must fit its schema;
every invalid request must be refused; asyncapi.yaml must be a sound AsyncAPI 3.0 document. With --against, every line of
FILE.jsonl must fit SCHEMA too: a file, or a name such as "response". Prints a line for each file and the count at the end;
ends with status 1 if something failed.
"""

import argparse
import json
import re
import sys
from decimal import Decimal
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import SchemaError

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = ROOT / "schemas"
EXAMPLES = SCHEMAS / "examples"
INVALID = EXAMPLES / "invalid"
SOURCES = ROOT / "Sources" / "Envelope"
NAMES = ["request", "response", "event", "chunk", "dead-letter", "retry"]
DEPTH_LIMIT = 128

FORMATS = FormatChecker()


class Fault(Exception):
    """What is wrong with a file, in words."""


# --- Reading

def read_json(data):
    """Reads JSON as the worker does: no field twice, no lone surrogates, at most 128 levels, 5.0 is not an integer."""

    def members(pairs):
        result = dict(pairs)
        if len(result) < len(pairs):
            names = [name for name, _ in pairs]
            raise Fault(f"the field {next(n for n in names if names.count(n) > 1)!r} is given twice")
        return result

    def constant(word):
        raise Fault(f"{word} is not JSON")

    try:
        text = data.decode("utf-8")
        value = json.loads(text, object_pairs_hook=members, parse_constant=constant, parse_float=Decimal)
        json.dumps(value, ensure_ascii=False, default=str).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise Fault(f"not valid JSON: {error}") from None
    if depth(value) > DEPTH_LIMIT:
        raise Fault(f"more than {DEPTH_LIMIT} levels of nesting")
    return value


def depth(value):
    if isinstance(value, (dict, list)):
        return 1 + max(map(depth, value.values() if isinstance(value, dict) else value), default=0)
    return 0


def validator(schema):
    return Draft202012Validator(schema, format_checker=FORMATS)


def check_valid(schema, value, what):
    error = next(validator(schema).iter_errors(value), None)
    if error:
        error = telling(error)
        place = "".join(f"[{step!r}]" for step in error.absolute_path)
        raise Fault(f"{what}{place}: {error.message[:300]}")


def telling(error):
    """Of alternatives that all fail, the fault in the one that was meant: where the fewest fixed values differ."""
    if not error.context:
        return error
    branches = {}
    for inner in error.context:
        branches.setdefault(inner.schema_path[0], []).append(inner)
    meant = min(branches.values(), key=lambda faults: (sum(f.validator in ("const", "enum", "type") for f in faults), len(faults)))
    return telling(meant[0])


def check_fits(schema, value):
    """Fails if the value does not fit; on what the worker writes, also if it has a field that the schema does not describe."""
    check_valid(schema, value, "the message")
    if schema["$id"].split(":")[3] in ("response", "event", "chunk"):
        undescribed = value.keys() - schema["properties"].keys()
        if undescribed:
            raise Fault(f"fields that the schema does not describe: {', '.join(sorted(undescribed))}")


# --- Schemas

def check_schema(name, schema):
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise Fault(f"not a valid schema: {error.message}") from None
    if schema.get("$schema") != Draft202012Validator.META_SCHEMA["$id"]:
        raise Fault("$schema is not that of 2020-12")
    if schema.get("$id") != f"urn:switchyard:schemas:{name}:1":
        raise Fault(f"unexpected $id {schema.get('$id')!r}")
    resolve_all(schema, schema, SCHEMAS, described=True)


def resolve_all(node, document, folder, described=False):
    """Finds the target of every $ref, and with `described` a title or description on every named field."""
    if isinstance(node, list):
        for element in node:
            resolve_all(element, document, folder, described)
    if not isinstance(node, dict):
        return
    if isinstance(node.get("$ref"), str):
        resolve(node["$ref"], document, folder)
    if described and node.get("title"):
        for name, field in node.get("properties", {}).items():
            if isinstance(field, dict) and "$ref" in field:
                field = field if "description" in field else resolve(field["$ref"], document, folder)
            if isinstance(field, dict) and field.keys() - {"const", "enum", "required", "properties"} and "description" not in field:
                raise Fault(f"the field {name!r} has no description")
    for value in node.values():
        resolve_all(value, document, folder, described)


def resolve(reference, document, folder):
    path, _, pointer = reference.partition("#")
    target = document
    if path:
        file = folder / path
        if not file.is_file():
            raise Fault(f"$ref {reference}: there is no such file")
        target = json.loads(file.read_text("utf-8"))
    for step in pointer.split("/")[1:]:
        step = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(target, dict) or step not in target:
            raise Fault(f"$ref {reference}: nothing stands there")
        target = target[step]
    return target


def check_names(schemas):
    """Compares the names in the schemas with those in the Swift sources."""
    codes = re.findall(r"^    case (\w+)(?: = \"(\w+)\")?$", (SOURCES / "ErrorCode.swift").read_text("utf-8"), re.M)
    codes += [("", word) for word in re.findall(r"^    case `(\w+)`$", (SOURCES / "ErrorCode.swift").read_text("utf-8"), re.M)]
    codes = {raw or case for case, raw in codes}
    dead_letter = schemas["dead-letter"]["properties"]
    for name, enum in [
        ("response", schemas["response"]["$defs"]["error_code"]["enum"]),
        ("event", schemas["event"]["$defs"]["error_code"]["enum"]),
        ("dead-letter", dead_letter["switchyard-error-code"]["enum"]),
        ("dead-letter", [code.removeprefix("switchyard.") for code in dead_letter["kafka_dlt-exception-fqcn"]["enum"]]),
    ]:
        same(f"error codes of {name}", set(enum), codes)
    fields = set(re.findall(r'^        case \.\w+: "(\w+)"$', (SOURCES / "RequestField.swift").read_text("utf-8"), re.M))
    batch = {"custom_id", "method", "url", "body"}
    same("fields of the native envelope", schemas["request"]["$defs"]["native"]["properties"].keys(), fields - batch)
    for name, file in [("dead-letter", "DeadLetterHeaders.swift"), ("retry", "Lineage.swift")]:
        headers = set(re.findall(r'static let \w+ = "([\w-]+)"', (SOURCES / file).read_text("utf-8")))
        same(f"{name} headers", schemas[name]["properties"].keys(), headers)
    for part in ["error_code", "usage", "timings"]:
        if schemas["response"]["$defs"][part] != schemas["event"]["$defs"][part]:
            raise Fault(f"{part} of response and event differ")


def same(what, left, right):
    difference = set(left) ^ set(right)
    if difference:
        raise Fault(f"{what}: schema and source differ in {', '.join(sorted(difference))}")


# --- Examples

def schema_name(path):
    name = next((name for name in NAMES if path.name.startswith(name + "-")), None)
    if not name:
        raise Fault(f"its name begins with none of {', '.join(NAMES)}")
    return name


def check_invalid(path, expectation, schema, codes):
    """An invalid request must be refused where the index says: by the schema alone, or by strict reading of the text."""
    if expectation is None:
        raise Fault("missing in expected.json")
    if expectation.keys() != {"code", "id", "refused_by", "why"} or expectation["code"] not in codes:
        raise Fault("expected.json: an entry has code (an error code), id, refused_by and why")
    data = path.read_bytes()
    if expectation["refused_by"] == "schema":
        if validator(schema).is_valid(json.loads(data)):
            raise Fault("the schema accepts it")
    elif expectation["refused_by"] == "text":
        try:
            value = read_json(data)
        except Fault:
            return
        if validator(schema).is_valid(value):
            raise Fault("it is accepted")
        if not validator(schema).is_valid(json.loads(data)):
            raise Fault("the schema refuses it without looking at the text")
    else:
        raise Fault("expected.json: refused_by is schema or text")


# --- AsyncAPI. No Python package ships the official JSON schema of AsyncAPI 3.0, so its rules are written out here.

OBJECTS = {  # required keys, other keys
    "document": ({"asyncapi", "info"}, {"id", "servers", "defaultContentType", "channels", "operations", "components"}),
    "info": ({"title", "version"}, {"description", "termsOfService", "contact", "license", "tags", "externalDocs"}),
    "channel": (set(), {"address", "messages", "title", "summary", "description", "servers", "parameters", "tags", "externalDocs", "bindings"}),
    "parameter": (set(), {"enum", "default", "description", "examples", "location"}),
    "operation": ({"action", "channel"}, {"title", "summary", "description", "security", "tags", "externalDocs", "bindings", "traits", "messages", "reply"}),
    "reply": (set(), {"address", "channel", "messages"}),
    "message": (set(), {"headers", "payload", "correlationId", "contentType", "name", "title", "summary", "description", "tags", "externalDocs", "bindings", "examples", "traits"}),
    "correlationId": ({"location"}, {"description"}),
    "example": (set(), {"headers", "payload", "name", "summary"}),
    "multi-format schema": ({"schemaFormat", "schema"}, set()),
    "components": (set(), {"schemas", "servers", "channels", "operations", "messages", "securitySchemes", "serverVariables", "parameters", "correlationIds", "replies", "replyAddresses", "externalDocs", "tags", "operationTraits", "messageTraits", "serverBindings", "channelBindings", "operationBindings", "messageBindings"}),
}
KAFKA_BINDINGS = {  # of version 0.5.0
    "channel": {"topic", "partitions", "replicas", "topicConfiguration", "bindingVersion"},
    "operation": {"groupId", "clientId", "bindingVersion"},
    "message": {"key", "schemaIdLocation", "schemaIdPayloadEncoding", "schemaLookupStrategy", "bindingVersion"},
}


class AsyncAPI:
    def __init__(self, document):
        self.document = document

    def check(self):
        document = self.document
        self.keys(document, "document", "the document")
        if not re.fullmatch(r"3\.0\.\d+", str(document["asyncapi"])):
            raise Fault("asyncapi is not 3.0.x")
        self.keys(document["info"], "info", "info")
        resolve_all(document, document, SCHEMAS)
        for name, channel in document.get("channels", {}).items():
            self.channel(name, channel)
        for name, operation in document.get("operations", {}).items():
            self.operation(name, operation)
        components = document.get("components", {})
        self.keys(components, "components", "components")
        for kind, entries in components.items():
            for name in entries:
                if not re.fullmatch(r"[a-zA-Z0-9._-]+", name):
                    raise Fault(f"components.{kind}.{name}: not a name")
        for name, message in components.get("messages", {}).items():
            self.message(name, message)

    def keys(self, value, kind, place):
        if not isinstance(value, dict):
            raise Fault(f"{place} is not an object")
        required, others = OBJECTS[kind]
        if required - value.keys():
            raise Fault(f"{place} lacks {', '.join(sorted(required - value.keys()))}")
        unknown = {key for key in value.keys() - required - others if not str(key).startswith("x-")}
        if unknown:
            raise Fault(f"{place} has unknown keys: {', '.join(sorted(map(str, unknown)))}")

    def bindings(self, owner, kind, place):
        bindings = self.follow(owner.get("bindings", {}))
        kafka = bindings.get("kafka", {})
        if bindings.keys() - {"kafka"} or kafka.keys() - KAFKA_BINDINGS[kind] or kafka and kafka.get("bindingVersion") != "0.5.0":
            raise Fault(f"{place}: not a Kafka {kind} binding of version 0.5.0")

    def follow(self, value):
        while isinstance(value, dict) and isinstance(value.get("$ref"), str):
            value = resolve(value["$ref"], self.document, SCHEMAS)
        return value

    def reference(self, value, prefix, place):
        """The last step of a reference that must begin with `prefix` and lead one step further."""
        target = value.get("$ref", "") if isinstance(value, dict) else ""
        if not target.startswith(prefix) or "/" in target.removeprefix(prefix):
            raise Fault(f"{place} is not a reference into {prefix}")
        return target.removeprefix(prefix)

    def channel(self, name, channel):
        place = f"channels.{name}"
        self.keys(channel, "channel", place)
        address = channel.get("address")
        if not isinstance(address, str) or not channel.get("messages"):
            raise Fault(f"{place} lacks an address or messages")
        if set(re.findall(r"\{(\w+)\}", address)) != channel.get("parameters", {}).keys():
            raise Fault(f"{place}: its parameters are not those of its address")
        for parameter in channel.get("parameters", {}).values():
            self.keys(self.follow(parameter), "parameter", place)
        for message in channel["messages"].values():
            self.reference(message, "#/components/messages/", place)
        self.bindings(channel, "channel", place)
        topic = channel.get("bindings", {}).get("kafka", {}).get("topic", address)
        if topic != address:
            raise Fault(f"{place}: its address and its Kafka topic differ")

    def operation(self, name, operation):
        place = f"operations.{name}"
        self.keys(operation, "operation", place)
        if operation["action"] not in ("send", "receive"):
            raise Fault(f"{place}: action is send or receive")
        self.messages_of_channel(operation, place)
        self.bindings(operation, "operation", place)
        if "reply" in operation:
            self.keys(operation["reply"], "reply", place + ".reply")
            self.messages_of_channel(operation["reply"], place + ".reply")

    def messages_of_channel(self, owner, place):
        channel = self.reference(owner["channel"], "#/channels/", place + ".channel")
        for message in owner.get("messages", []):
            self.reference(message, f"#/channels/{channel}/messages/", place + ".messages")

    def message(self, name, message):
        place = f"components.messages.{name}"
        self.keys(message, "message", place)
        self.bindings(message, "message", place)
        if "correlationId" in message:
            correlation = self.follow(message["correlationId"])
            self.keys(correlation, "correlationId", place + ".correlationId")
            if not re.match(r"\$message\.(header|payload)#/", correlation["location"]):
                raise Fault(f"{place}: the correlation id's location is no runtime expression")
        for number, example in enumerate(message.get("examples", [])):
            at = f"{place}.examples[{number}]"
            self.keys(example, "example", at)
            if not example.keys() & {"headers", "payload"}:
                raise Fault(f"{at} has neither headers nor payload")
            for part in example.keys() & message.keys() & {"headers", "payload"}:
                self.example(at, message[part], self.follow(example[part]))

    def example(self, place, schema, value):
        if "schemaFormat" in schema:
            self.keys(schema, "multi-format schema", place)
            schema = schema["schema"]
        schema = self.follow(schema)
        if "$id" not in schema:
            schema = {**schema, "components": self.document["components"]}
        check_valid(schema, value, place)


def check_asyncapi(path):
    try:
        document = yaml.safe_load(path.read_text("utf-8"))
    except yaml.YAMLError as error:
        raise Fault(f"not YAML: {error}") from None
    AsyncAPI(document).check()
    schemas = {resolve(ref, document, SCHEMAS)["$id"] for ref in re.findall(r"\./[\w-]+\.schema\.json", path.read_text("utf-8"))}
    same("schemas that the messages refer to", schemas, {f"urn:switchyard:schemas:{name}:1" for name in NAMES})


# --- Lines

def check_lines(path, schema):
    with path.open("rb") as file:
        count = 0
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                check_fits(schema, read_json(line))
            except Fault as fault:
                raise Fault(f"line {number}: {fault}") from None
            count += 1
    if not count:
        raise Fault("it has no lines")
    return f"{count} lines"


class Report:
    passed = 0
    failed = 0

    def check(self, path, check, *arguments):
        name = str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)
        try:
            note = check(*arguments)
        except Fault as fault:
            self.failed += 1
            print(f"FAILED {name}: {fault}")
        except OSError as error:
            self.failed += 1
            print(f"FAILED {name}: {error.strerror}")
        else:
            self.passed += 1
            print(f"ok     {name}" + (f" ({note})" if note else ""))

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed")
        sys.exit(1 if self.failed else 0)


def schema_at(name):
    path = Path(name)
    path = path if path.is_file() else SCHEMAS / f"{path.name.removesuffix('.json').removesuffix('.schema')}.schema.json"
    if not path.is_file():
        sys.exit(f"there is no schema {name}; give a file, or one of {', '.join(NAMES)}")
    return json.loads(path.read_text("utf-8"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", nargs=2, action="append", default=[], metavar=("SCHEMA", "FILE.jsonl"))
    arguments = parser.parse_args()
    if "date-time" not in FORMATS.checkers:
        sys.exit("rfc3339-validator is missing: times would not be checked")
    report = Report()
    schemas = {}
    for name in NAMES:
        path = SCHEMAS / f"{name}.schema.json"
        schemas[name] = json.loads(path.read_text("utf-8"))
        report.check(path, check_schema, name, schemas[name])
    if report.failed:
        report.end()
    report.check(SOURCES, check_names, schemas)
    report.check(SCHEMAS / "asyncapi.yaml", check_asyncapi, SCHEMAS / "asyncapi.yaml")
    seen = set()
    for path in sorted(EXAMPLES.glob("*.json")):
        def check_example(path=path):
            name = schema_name(path)
            seen.add(name)
            check_fits(schemas[name], read_json(path.read_bytes()))
        report.check(path, check_example)
    index = json.loads((INVALID / "expected.json").read_text("utf-8"))
    codes = set(schemas["response"]["$defs"]["error_code"]["enum"])
    for path in sorted(INVALID.glob("*.json")):
        if path.name != "expected.json":
            report.check(path, check_invalid, path, index.pop(path.name, None), schemas["request"], codes)

    def check_index():
        same("schemas with examples", seen, NAMES)
        if index:
            raise Fault(f"it names files that are not there: {', '.join(index)}")
    report.check(INVALID / "expected.json", check_index)
    for name, file in arguments.against:
        report.check(Path(file).resolve(), check_lines, Path(file), schema_at(name))
    report.end()


if __name__ == "__main__":
    main()
