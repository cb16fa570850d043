#!/usr/bin/python3
"""Checks docker-compose.yml and the Dockerfile as far as that is possible without a Docker engine.

Needs Debian's packages docker-compose and python3-yaml (the former brings the latter): /usr/bin/python3 Tests/Python/check_compose.py
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
CONFIG = ROOT / "deploy" / "demo" / "switchyard.yaml"
TOPICS = {"llm.requests", "llm.responses", "llm.chunks", "llm.events", "llm.dead-letter"}
HEALTHY = ["kafka", "redis", "simulator", "worker-1", "worker-2"]
WORKERS = ["worker-1", "worker-2"]
results = {True: 0, False: 0}


def check(title, holds, detail=""):
    results[bool(holds)] += 1
    print(f"{'ok    ' if holds else 'FAILED'} {title}" + (f": {detail}" if detail and not holds else ""))


def seconds(duration):
    units = {"h": 3600, "m": 60, "s": 1}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"([\d.]+)([hms])", duration))


def compose_config():
    command = ["docker-compose"] if shutil.which("docker-compose") else ["docker", "compose"]
    done = subprocess.run([*command, "-f", str(ROOT / "docker-compose.yml"), "config"], cwd=ROOT, capture_output=True, text=True)
    check(f"{' '.join(command)} accepts docker-compose.yml", done.returncode == 0, done.stderr.strip())
    if done.returncode != 0:
        finish()
    return yaml.safe_load(done.stdout)["services"]


def listeners(text):
    """'INTERNAL://kafka:19092,HOST://localhost:9092' by name: (host, port)."""
    found = {}
    for part in text.split(","):
        name, _, address = part.partition("://")
        host, _, port = address.rpartition(":")
        found[name] = (host, int(port))
    return found


def mounts(service):
    """(source, target, read-only) of each bind mount or volume, in the short form of v1 or the long one of v2."""
    for volume in service.get("volumes", []):
        if isinstance(volume, dict):
            yield volume.get("source"), volume["target"], volume.get("read_only", False)
        else:
            source, target, *mode = volume.split(":")
            yield source, target, mode == ["ro"]


def words(command):
    return command if isinstance(command, list) else (command or "").split()


def published(service):
    """(host port, container port) of each published port."""
    for port in service.get("ports", []):
        if isinstance(port, dict):
            yield int(port["published"]), int(port["target"])
        else:
            *_, outer, inner = port.split("/")[0].split(":")
            yield int(outer), int(inner)


def check_services(services):
    for name in [*HEALTHY, "topics"]:
        check(f"service {name} is there", name in services)
    for name in HEALTHY:
        service = services.get(name, {})
        check(f"{name} has a health check", service.get("healthcheck", {}).get("test"))
        check(f"{name} has limits for memory and processors", service.get("mem_limit") and service.get("cpus"))
    for name, service in services.items():
        for other, wish in service.get("depends_on", {}).items():
            condition = wish["condition"]
            possible = {"service_healthy": "healthcheck" in services.get(other, {}),
                        "service_completed_successfully": services.get(other, {}).get("restart") == "no"}
            check(f"{name} can wait for {other} to be {condition}", possible.get(condition, other in services))
        image = service.get("image", "")
        check(f"{name}'s image {image} is pinned", ":" in image and not image.endswith(":latest"))


def check_kafka(services):
    environment = services["kafka"]["environment"]
    bound = listeners(environment["KAFKA_LISTENERS"])
    advertised = listeners(environment["KAFKA_ADVERTISED_LISTENERS"])
    protocols = dict(pair.split(":") for pair in environment["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(","))
    controller = environment["KAFKA_CONTROLLER_LISTENER_NAMES"]
    check("kafka advertises every listener but the controller's", set(advertised) == set(bound) - {controller})
    check("kafka's advertised ports are those it listens on", all(bound[name][1] == port for name, (_, port) in advertised.items()))
    check("kafka's listeners all have a protocol", set(protocols) == set(bound))
    check("kafka's brokers talk on a listener that is advertised", environment["KAFKA_INTER_BROKER_LISTENER_NAME"] in advertised)
    voter = environment["KAFKA_CONTROLLER_QUORUM_VOTERS"]
    check("kafka votes for itself on the controller's listener",
          voter == f"{environment['KAFKA_NODE_ID']}@kafka:{bound[controller][1]}", voter)
    outside = [port for host, port in advertised.values() if host == "localhost"]
    check("kafka's listener for this machine is published on its own port",
          outside and all((port, port) in published(services["kafka"]) for port in outside), outside)
    check("kafka keeps its log on a volume",
          environment["KAFKA_LOG_DIRS"] in [target for _, target, _ in mounts(services["kafka"])])
    inside = {address for address in advertised.values() if address[0] in services}
    health = " ".join(services["kafka"]["healthcheck"]["test"])
    check("kafka's health check goes by the workers' listener", any(f"{host}:{port}" in health for host, port in inside))
    script = " ".join(words(services["topics"]["command"]))
    check("topics uses a listener for containers", any(f"--bootstrap-server {host}:{port}" in script for host, port in inside))
    # v1 prints the doubled dollar sign as it stands in the file.
    names = re.search(r"for topic in ([^;]+);", script)
    check("topics creates the topics of the demo", names and set(names.group(1).split()) == TOPICS, script)
    check("topics gives each 16 partitions", "--partitions 16" in script and "--if-not-exists" in script)
    return inside


def check_workers(services, inside, config):
    drain = config["worker"]["drain_timeout_s"]
    simulator = words(services["simulator"]["command"])
    port = int(simulator[simulator.index("--port") + 1])
    check("the simulator can be reached from other containers", simulator[simulator.index("--bind") + 1] == "0.0.0.0")
    check("the simulator's health check goes to its port", str(port) in " ".join(services["simulator"]["healthcheck"]["test"]))
    for name in WORKERS:
        service = services[name]
        command = words(service["command"])
        path = command[command.index("--config") + 1]
        mount = [(Path(source).resolve(), read_only) for source, target, read_only in mounts(service) if target == path]
        check(f"{name} reads deploy/demo/switchyard.yaml, mounted read-only", command[0] == "work" and mount == [(CONFIG, True)], mount)
        ready = command[command.index("--ready-file") + 1]
        tmpfs = [entry.split(":")[0] for entry in service.get("tmpfs", [])]
        check(f"{name}'s ready file is on a tmpfs", str(Path(ready).parent) in tmpfs, tmpfs)
        check(f"{name}'s health check looks for the ready file", words(service["healthcheck"]["test"])[-3:] == ["test", "-f", ready])
        check(f"{name} has time to drain", seconds(service.get("stop_grace_period", "10s")) > drain)

        environment = service["environment"]
        host, _, bootstrap = environment["SWITCHYARD_KAFKA_BOOTSTRAP_SERVERS"].rpartition(":")
        check(f"{name}'s broker is advertised under the same address", (host, int(bootstrap)) in inside, f"{host}:{bootstrap}")
        redis = urlsplit(environment["SWITCHYARD_REDIS_URL"])
        check(f"{name}'s Redis is the service", (redis.scheme, redis.hostname, redis.port) == ("redis", "redis", 6379), redis)
        base = urlsplit(environment["SWITCHYARD_PROVIDERS_SIMULATOR_BASE_URL"])
        check(f"{name}'s provider is the simulator",
              (base.scheme, base.hostname, base.port, base.path) == ("http", "simulator", port, "/v1"), base)
        check(f"{name} waits for kafka's topics, redis and the simulator",
              {"topics", "redis", "simulator"} <= set(service.get("depends_on", {})))
        check(f"{name} has a read-only root and no capabilities", service.get("read_only") and service.get("cap_drop") == ["ALL"])


def check_config(config):
    check("the configuration's models name its providers",
          all(model["provider"] in config["providers"] for model in config["models"].values()))
    topics = config["topics"]
    check("the configuration's topics are those that compose creates",
          {topics[key] for key in ("requests", "responses", "chunks", "events", "dead_letter")} == TOPICS)
    # What SWITCHYARD_… overrules must be there under the name that the variable spells.
    check("the configuration has the keys that compose and the demo overrule",
          "bootstrap.servers" in config["kafka"] and "url" in config["redis"] and "base_url" in config["providers"]["simulator"]
          and "model" in config["models"]["default"])


def check_build(services):
    builds = {name: service["build"] for name, service in services.items() if "build" in service}
    check("simulator and workers are built from one Dockerfile and share an image",
          set(builds) == {"simulator", *WORKERS} and len({(build["context"], build["dockerfile"]) for build in builds.values()}) == 1
          and len({services[name]["image"] for name in builds}) == 1)
    build = builds["worker-1"]
    context = Path(build["context"])
    dockerfile = context / build["dockerfile"]
    check("the build's context is the repository", context.resolve() == ROOT)
    check("the Dockerfile is there", dockerfile.is_file())
    text = re.sub(r"^\s*#.*\n", "", dockerfile.read_text(), flags=re.M).replace("\\\n", " ")
    stages = re.split(r"(?m)^(?=FROM )", text)[1:]
    check("the Dockerfile has a builder and a runtime stage", len(stages) == 2)
    builder, runtime = stages[0], stages[-1]
    for source in re.findall(r"(?m)^COPY (?!--from)(.+) \S+$", builder):
        for name in source.split():
            check(f"COPY {name}: it is there", "[" in name or (ROOT / name).exists())
    user = re.findall(r"(?m)^USER (\S+)", runtime)
    check("the runtime stage does not run as root", user and re.fullmatch(r"[1-9]\d*(:[1-9]\d*)?", user[-1]), user)
    check("the runtime stage's entrypoint is switchyard", 'ENTRYPOINT ["switchyard"]' in runtime and "STOPSIGNAL SIGTERM" in runtime)
    check("tmpfs belongs to the image's user", all(
        user and f"uid={user[-1].split(':')[0]}" in entry for name in WORKERS for entry in services[name].get("tmpfs", [])))
    for stage, text in (("builder", builder), ("runtime", runtime)):
        for package in re.search(r"apt-get install ([^&]+)&&", text).group(1).split():
            if not package.startswith("-"):
                check_package(stage, package)
    check_context(dockerfile)


def check_package(stage, package):
    if not Path("/etc/debian_version").exists() or not Path("/etc/debian_version").read_text().startswith("12"):
        return print(f"skip   {stage}: {package}: this is not Debian 12")
    if not any(Path("/var/lib/apt/lists").glob("*_Packages*")):
        return print(f"skip   {stage}: {package}: no package lists here, apt-get update brings them")
    found = subprocess.run(["apt-cache", "show", package], capture_output=True, text=True)
    check(f"{stage}: Debian 12 has {package}", found.returncode == 0 and found.stdout.startswith("Package:"))


def check_context(dockerfile):
    """What .dockerignore lets through, by the rules of the Docker client in Python that docker-compose v1 uses."""
    ignore = Path(f"{dockerfile}.dockerignore")
    check("the Dockerfile has its .dockerignore", ignore.is_file())
    try:
        from docker.utils import exclude_paths
    except ImportError:
        return print("skip   build context: no python3-docker here")
    patterns = [line for line in ignore.read_text().splitlines() if line and not line.startswith("#")]
    sent = exclude_paths(str(ROOT), patterns)
    check("the builder gets the manifest, the sources and the tests' targets",
          {"Package.swift", "Sources/switchyard/Work.swift", "Tests/Support/FreePort.swift"} <= set(sent))
    unwanted = [path for path in sent if path.split("/")[0] not in ("Package.swift", "Package.resolved", "Sources", "Tests")
                or path.startswith(("Tests/Data", "Tests/Python"))]
    return check("the builder gets nothing else", not unwanted, unwanted[:5])


def finish():
    print(f"{results[True]} passed, {results[False]} failed")
    sys.exit(1 if results[False] else 0)


def main():
    services = compose_config()
    config = yaml.safe_load(CONFIG.read_text())
    check_services(services)
    inside = check_kafka(services)
    check_workers(services, inside, config)
    check_config(config)
    check_build(services)
    finish()


if __name__ == "__main__":
    main()
