package import Envelope
internal import HTTP
internal import JSONSchema
internal import Providers

extension Router {
    /// What a batch has brought, as if a call of its own had: with the tokens counted, checked against the request's schema, and without
    /// what no message may repeat. There is no call to mend it in.
    package func checked(
        _ reply: Reply, to request: borrowing RequestEnvelope, bytes: UnsafeRawBufferPointer, by deployment: Deployment,
        isolation: isolated (any Actor)? = #isolation
    ) async -> Reply {
        switch reply.outcome {
        case .postponed, .cancelled:
            return reply
        case .failed(let error):
            return Reply(outcome: .failed(error.hiding(deployment.endpoint.secrets)), attempts: reply.attempts)
        case .answered(let result, let response):
            let charged = result.charged(result.usage ?? request.estimatedUsage(for: result.content))
            guard let schema = schemas.schema(of: request, bytes),
                let problems = await schemas.misfit(charged, result.written?.bytes ?? response.body, schema), let last = reply.attempts.last
            else { return Reply(outcome: .answered(charged, response), attempts: reply.attempts, spent: charged.usage) }
            let attempt = Attempt(
                provider: last.provider, model: last.model, status: last.status, milliseconds: last.milliseconds, error: .schemaMismatch)
            return Reply(outcome: .failed(Self.misfit(problems)), attempts: reply.attempts.dropLast() + [attempt], spent: charged.usage)
        }
    }
}
