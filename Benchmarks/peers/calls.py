"""How each peer calls the provider: one async function a peer, (model, messages) -> Answer.
Each peer is an async context manager that gives this function and closes what it opened.

Each gets what a careful user would give it: kept-alive connections for the whole concurrency, no retries, no telemetry,
no look-ups outside this machine. Imports are inside, for each peer shall carry only its own libraries' memory.
"""

from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, AsyncIterator, Awaitable, Callable


@dataclass(slots=True)
class Answer:
    content: str
    finish_reason: str
    input_tokens: int
    output_tokens: int


Call = Callable[[str, list[dict[str, Any]]], Awaitable[Answer]]
API_KEY = "benchmark"


@asynccontextmanager
async def aiohttp(base_url: str, concurrency: int) -> AsyncIterator[Call]:
    import aiohttp
    import orjson

    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=concurrency, keepalive_timeout=600),
        headers={"Authorization": f"Bearer {API_KEY}", "Content-Type": "application/json"},
    )
    url = f"{base_url}/chat/completions"

    async def call(model: str, messages: list[dict[str, Any]]) -> Answer:
        async with session.post(url, data=orjson.dumps({"model": model, "messages": messages})) as response:
            body = await response.read()
            if response.status != 200:
                raise RuntimeError(f"the provider answered {response.status}")
        completion = orjson.loads(body)
        choice, usage = completion["choices"][0], completion["usage"]
        return Answer(choice["message"]["content"], choice["finish_reason"], usage["prompt_tokens"], usage["completion_tokens"])

    yield call
    await session.close()


def _from_completion(completion: Any) -> Answer:
    choice, usage = completion.choices[0], completion.usage
    return Answer(choice.message.content, choice.finish_reason, usage.prompt_tokens, usage.completion_tokens)


@asynccontextmanager
async def openai(base_url: str, concurrency: int) -> AsyncIterator[Call]:
    from openai import AsyncOpenAI, DefaultAioHttpClient

    # The SDK's own aiohttp transport: of its transports the best one here. See "Variants tried" in Benchmarks/README.md.
    client = AsyncOpenAI(base_url=base_url, api_key=API_KEY, max_retries=0, http_client=DefaultAioHttpClient())

    async def call(model: str, messages: list[dict[str, Any]]) -> Answer:
        return _from_completion(await client.chat.completions.create(model=model, messages=messages))  # type: ignore[arg-type]

    yield call
    await client.close()


@asynccontextmanager
async def litellm(base_url: str, concurrency: int) -> AsyncIterator[Call]:
    import os

    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    os.environ["LITELLM_LOG"] = "ERROR"
    import litellm

    litellm.telemetry = False
    litellm.suppress_debug_info = True
    parameters = {"model": "openai/bench", "api_base": base_url, "api_key": API_KEY}
    router = litellm.Router(model_list=[{"model_name": "bench", "litellm_params": parameters}], num_retries=0)

    async def call(model: str, messages: list[dict[str, Any]]) -> Answer:
        return _from_completion(await router.acompletion(model=model, messages=messages))

    yield call


TENSORZERO_CONFIGURATION = """
[gateway]
observability.enabled = false
disable_pseudonymous_usage_analytics = true

[models.bench]
routing = ["local"]

[models.bench.providers.local]
type = "openai"
model_name = "bench"
api_base = "{base_url}"
api_key_location = "none"
"""


@asynccontextmanager
async def tensorzero(base_url: str, concurrency: int) -> AsyncIterator[Call]:
    import tempfile

    from tensorzero import AsyncTensorZeroGateway

    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(TENSORZERO_CONFIGURATION.format(base_url=base_url))
        file.flush()
        gateway = await AsyncTensorZeroGateway.build_embedded(config_file=file.name)

    async def call(model: str, messages: list[dict[str, Any]]) -> Answer:
        # TensorZero takes the system prompt apart from the messages.
        system = next((message["content"] for message in messages if message["role"] == "system"), None)
        conversation = [message for message in messages if message["role"] != "system"]
        request: dict[str, Any] = {"messages": conversation}
        if system is not None:
            request["system"] = system
        result = await gateway.inference(model_name=model, input=request)
        usage = result.usage
        return Answer(result.content[0].text, str(result.finish_reason), usage.input_tokens, usage.output_tokens)

    yield call
    await gateway.close()


CALLS: dict[str, Callable[[str, int], AbstractAsyncContextManager[Call]]] = {
    "aiohttp": aiohttp,
    "openai": openai,
    "litellm": litellm,
    "tensorzero": tensorzero,
}
