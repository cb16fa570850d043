/// How requests with `service_tier: batch` are gathered and waited for.
package struct BatchConfiguration: Sendable {
    package let gatherSeconds: Int
    package let maxRequests: Int
    package let pollSeconds: Int
    package let deadlineSeconds: Int

    init(_ settings: Settings) {
        gatherSeconds = settings.integer("batch.gather_s")
        maxRequests = settings.integer("batch.max_requests")
        pollSeconds = settings.integer("batch.poll_s")
        deadlineSeconds = settings.integer("batch.deadline_s")
    }
}
