"""A process that sends chats through LiteLLM's Router as fast as its limits in Redis allow.

LiteLLM does not wait: it refuses. A careful user then waits for what it counts by, the next minute of the clock; and after a refusal by
the provider for as long as the provider says.
"""

import argparse
import asyncio
import os
import random
import sys
import time
from pathlib import Path

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
os.environ["LITELLM_LOG"] = "CRITICAL"
sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "Tests" / "Drills"))

import litellm  # noqa: E402
import uvloop  # noqa: E402
from shared_key import KEY, Limits  # noqa: E402


async def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("--base-url", "--strategy"):
        parser.add_argument(name, required=True)
    for name in ("--redis-port", "--rpm", "--tpm", "--concurrency", "--number"):
        parser.add_argument(name, type=int, required=True)
    options = parser.parse_args()
    litellm.suppress_debug_info = True
    litellm.drop_params = True
    checks = ["enforce_model_rate_limits"] if options.strategy == "simple-shuffle" else None
    router = litellm.Router(
        model_list=[{
            "model_name": "default",
            "litellm_params": {
                "model": "openai/simulated-1", "api_base": options.base_url, "api_key": KEY, "rpm": options.rpm, "tpm": options.tpm,
            },
            # All processes count for the same deployment.
            "model_info": {"id": "shared"},
        }],
        redis_host="127.0.0.1", redis_port=options.redis_port, routing_strategy=options.strategy, optional_pre_call_checks=checks,
        num_retries=0, disable_cooldowns=True)
    questions = iter(Limits(options.rpm, options.tpm).questions(1_000_000))
    chance = random.Random(options.number)

    async def work() -> None:
        for question in questions:
            message = {"role": "user", "content": f"{options.number} {question}"}
            while True:
                try:
                    await router.acompletion("default", [message])
                    break
                except litellm.RateLimitError as error:
                    await asyncio.sleep(wait_of(error, chance))

    print("ready", flush=True)
    await asyncio.gather(*(work() for _ in range(options.concurrency)))


def wait_of(error: litellm.RateLimitError, chance: random.Random) -> float:
    milliseconds = error.response.headers.get("retry-after-ms")
    if milliseconds:
        return float(milliseconds) / 1_000
    return 60 - time.time() % 60 + chance.random()


uvloop.run(main())
