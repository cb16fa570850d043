"""Requests to several providers, each with some faults, all at the same time; and what came of them."""

import json
from collections import Counter
from dataclasses import dataclass, field

from llmock_answers import Topics, complaint
from llmock_faults import Case, Fault
from llmock_provider import Provider
from stage import Stage


@dataclass
class Question:
    provider: Provider
    fault: Fault
    number: int
    case: Case

    @property
    def id(self) -> str:
        return f"{self.provider.name}/{self.fault.slug}/{self.number}"

    @property
    def model(self) -> str:
        """A model of its own, by whose name llmock knows the request."""
        return f"{self.fault.slug}.{self.number}"

    @property
    def envelope(self) -> dict:
        text = f"{self.case.text}What is the {self.fault.name} of {self.model} about?"
        return {
            "id": self.id, "model": f"{self.fault.entry(self.provider.name)}/{self.model}",
            "messages": [{"role": "user", "content": text}], **self.case.members}

    @property
    def behaviors(self) -> list[dict]:
        return [{**behavior, "match": {"model": self.model}} for behavior in self.case.behaviors]


@dataclass
class Outcome:
    """Of one provider's requests with one fault."""
    provider: str
    fault: str
    requests: int = 0
    calls: int = 0
    ok: int = 0
    failed: Counter = field(default_factory=Counter)
    fail: int = 0
    warn: int = 0
    # What is not as it has to be, by llmock's word and by ours.
    complaints: list[str] = field(default_factory=list)

    def add(self, question: Question, response: dict) -> None:
        self.requests += 1
        self.calls += len(response["attempts"])
        if response["status"] == "ok":
            self.ok += 1
        else:
            self.failed[response["error"]["code"]] += 1
        wrong = complaint(question.case, response, may_fail_uncalled=question.fault.takes_key)
        if wrong:
            self.complaints.append(f"{question.id}: {wrong}")


class Wave:
    def __init__(self, faults: list[Fault], providers: list[Provider], count: int):
        self.name = faults[0].slug
        self.providers = providers
        questions = [
            Question(provider, fault, number, fault.case(number)) for number in range(count) for fault in faults for provider in providers]
        self.questions = {question.id: question for question in questions}
        self.outcomes = {
            (provider.name, fault.slug): Outcome(provider.name, fault.name) for provider in providers for fault in faults}

    def run(self, stage: Stage) -> None:
        questions, answers = stage.directory / f"{self.name}.jsonl", stage.directory / f"{self.name}-answers.jsonl"
        with questions.open("w") as file:
            for question in self.questions.values():
                file.write(json.dumps(question.envelope) + "\n")
        for provider in self.providers:
            provider.queue([behavior for question in self.of(provider) for behavior in question.behaviors])
        stage.run("submit", questions)
        stage.run("collect", "--submitted", questions, "--output", answers, "--timeout", 60)
        called = Counter()
        for line in answers.open():
            response = json.loads(line)
            question = self.questions[response["id"]]
            self.outcome(question).add(question, response)
            called[question.provider.name] += bool(response["attempts"])
        for provider in self.providers:
            self.judge(provider, called[provider.name])

    def judge(self, provider: Provider, called: int) -> None:
        """Adds llmock's verdict, and has it forget all this."""
        verdict, models = provider.verdict(), provider.models()
        outcomes = [outcome for (name, _), outcome in self.outcomes.items() if name == provider.name]
        for finding in verdict["findings"]:
            model = models[finding["requests"][0]]
            outcome = self.outcomes[provider.name, model.rpartition(".")[0]]
            if finding["severity"] == "error":
                outcome.fail += 1
            else:
                outcome.warn += 1
            outcome.complaints.append(f"{model}: {finding['code']}: {finding['title']}")
        for name, expected in {"calls": called, "attempts": sum(outcome.calls for outcome in outcomes)}.items():
            if verdict[name] != expected:
                outcomes[0].complaints.append(f"in this wave, llmock has seen {verdict[name]} {name}, not {expected}")
        pending = provider.pending()
        if pending:
            outcomes[0].complaints.append(f"{len(pending)} faults did not come to pass, as {pending[0]}")
        provider.reset()

    def check(self, topics: Topics) -> None:
        for question in self.questions.values():
            wrong = topics.complaint(question.id, question.case.members.get("stream", False))
            if wrong:
                self.outcome(question).complaints.append(f"{question.id}: {wrong}")

    def of(self, provider: Provider) -> list[Question]:
        return [question for question in self.questions.values() if question.provider is provider]

    def outcome(self, question: Question) -> Outcome:
        return self.outcomes[question.provider.name, question.fault.slug]
