import Testing

@testable import Coordination

@Suite struct RecentClaimsTests {
    @Test func anotherMessageDoesNotGetAClaimedId() {
        var claims = RecentClaims(capacity: 10, lifetime: 1_000)
        let outcomes = [
            claims.claim("a", for: "t/0/1", now: 0), claims.claim("a", for: "t/0/1", now: 0), claims.claim("a", for: "t/0/2", now: 0),
            claims.claim("b", for: "t/0/2", now: 0),
        ]
        #expect(outcomes == [.granted, .granted, .taken(by: "t/0/1"), .granted])
    }

    @Test func anAnsweredMessageIsDoneWhenItComesAgain() {
        var claims = RecentClaims(capacity: 10, lifetime: 1_000)
        _ = claims.claim("a", for: "1", now: 0)
        claims.finish("a", by: "1", as: .answered)
        let outcomes = [claims.claim("a", for: "1", now: 0), claims.claim("a", for: "2", now: 0)]
        #expect(outcomes == [.done, .taken(by: "1")])
    }

    @Test func theIdOfAFailedMessageMayBeUsedAgain() {
        var claims = RecentClaims(capacity: 10, lifetime: 1_000)
        _ = claims.claim("a", for: "1", now: 0)
        claims.finish("a", by: "2", as: .failed)
        let early = claims.claim("a", for: "2", now: 0)
        #expect(early == .taken(by: "1"))
        claims.finish("a", by: "1", as: .failed)
        let outcomes = [claims.claim("a", for: "1", now: 0), claims.claim("a", for: "2", now: 0), claims.claim("a", for: "1", now: 0)]
        #expect(outcomes == [.done, .granted, .taken(by: "2")])
    }

    @Test func theOldestAreForgotten() {
        var claims = RecentClaims(capacity: 3, lifetime: 1_000)
        for number in 1...4 { _ = claims.claim("id\(number)", for: "\(number)", now: 0) }
        let outcomes = [
            claims.claim("id1", for: "5", now: 0), claims.claim("id3", for: "6", now: 0), claims.claim("id4", for: "6", now: 0),
        ]
        #expect(outcomes == [.granted, .taken(by: "3"), .taken(by: "4")])
    }

    @Test func anEvictionDoesNotTakeALaterClaimAway() {
        var claims = RecentClaims(capacity: 3, lifetime: 1_000)
        _ = claims.claim("a", for: "1", now: 0)
        claims.finish("a", by: "1", as: .failed)
        _ = claims.claim("a", for: "2", now: 0)
        _ = claims.claim("b", for: "3", now: 0)
        // The stale entry of the first claim goes.
        _ = claims.claim("c", for: "4", now: 0)
        let outcome = claims.claim("a", for: "5", now: 0)
        #expect(outcome == .taken(by: "2"))
    }

    @Test func aClaimEndsWithItsTime() {
        var claims = RecentClaims(capacity: 3, lifetime: 1_000)
        _ = claims.claim("a", for: "1", now: 5_000)
        let outcomes = [claims.claim("a", for: "2", now: 5_999), claims.claim("a", for: "2", now: 6_000)]
        #expect(outcomes == [.taken(by: "1"), .granted])
    }
}
