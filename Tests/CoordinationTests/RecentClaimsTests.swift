import Testing

@testable import Coordination

@Suite struct RecentClaimsTests {
    @Test func anotherMessageDoesNotGetAClaimedId() {
        var claims = RecentClaims(capacity: 10)
        let outcomes = [
            claims.claim("a", for: "t/0/1"), claims.claim("a", for: "t/0/1"), claims.claim("a", for: "t/0/2"),
            claims.claim("b", for: "t/0/2"),
        ]
        #expect(outcomes == [.granted, .granted, .taken(by: "t/0/1"), .granted])
    }

    @Test func anAnsweredMessageIsDoneWhenItComesAgain() {
        var claims = RecentClaims(capacity: 10)
        _ = claims.claim("a", for: "1")
        claims.finish("a", by: "1", as: .answered)
        let outcomes = [claims.claim("a", for: "1"), claims.claim("a", for: "2")]
        #expect(outcomes == [.done, .taken(by: "1")])
    }

    @Test func theIdOfAFailedMessageMayBeUsedAgain() {
        var claims = RecentClaims(capacity: 10)
        _ = claims.claim("a", for: "1")
        claims.finish("a", by: "2", as: .failed)
        let early = claims.claim("a", for: "2")
        #expect(early == .taken(by: "1"))
        claims.finish("a", by: "1", as: .failed)
        let outcomes = [claims.claim("a", for: "1"), claims.claim("a", for: "2"), claims.claim("a", for: "1")]
        #expect(outcomes == [.done, .granted, .taken(by: "2")])
    }

    @Test func theOldestAreForgotten() {
        var claims = RecentClaims(capacity: 3)
        for number in 1...4 { _ = claims.claim("id\(number)", for: "\(number)") }
        let outcomes = [claims.claim("id1", for: "5"), claims.claim("id3", for: "6"), claims.claim("id4", for: "6")]
        #expect(outcomes == [.granted, .taken(by: "3"), .taken(by: "4")])
    }

    @Test func anEvictionDoesNotTakeALaterClaimAway() {
        var claims = RecentClaims(capacity: 3)
        _ = claims.claim("a", for: "1")
        claims.finish("a", by: "1", as: .failed)
        _ = claims.claim("a", for: "2")
        _ = claims.claim("b", for: "3")
        // The stale entry of the first claim goes.
        _ = claims.claim("c", for: "4")
        let outcome = claims.claim("a", for: "5")
        #expect(outcome == .taken(by: "2"))
    }
}
