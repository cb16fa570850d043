import Testing

@testable import Coordination

@Suite struct RecentClaimsTests {
    @Test func anotherMessageDoesNotGetAClaimedId() {
        var claims = RecentClaims(capacity: 10)
        #expect(claims.claim("a", for: "t/0/1") == "t/0/1")
        #expect(claims.claim("a", for: "t/0/1") == "t/0/1")
        #expect(claims.claim("a", for: "t/0/2") == "t/0/1")
        #expect(claims.claim("b", for: "t/0/2") == "t/0/2")
    }

    @Test func aReleasedIdMayBeClaimedAgain() {
        var claims = RecentClaims(capacity: 10)
        _ = claims.claim("a", for: "1")
        claims.release("a", by: "2")
        #expect(claims.claim("a", for: "2") == "1")
        claims.release("a", by: "1")
        #expect(claims.claim("a", for: "2") == "2")
    }

    @Test func theOldestAreForgotten() {
        var claims = RecentClaims(capacity: 3)
        for number in 1...4 { _ = claims.claim("id\(number)", for: "\(number)") }
        #expect(claims.claim("id1", for: "5") == "5")
        #expect(claims.claim("id3", for: "6") == "3")
        #expect(claims.claim("id4", for: "6") == "4")
    }

    @Test func anEvictionDoesNotTakeALaterClaimAway() {
        var claims = RecentClaims(capacity: 3)
        _ = claims.claim("a", for: "1")
        claims.release("a", by: "1")
        _ = claims.claim("a", for: "2")
        _ = claims.claim("b", for: "3")
        // The stale entry of the first claim goes.
        _ = claims.claim("c", for: "4")
        #expect(claims.claim("a", for: "5") == "2")
    }
}
