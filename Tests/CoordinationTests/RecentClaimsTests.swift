import Testing

@testable import Coordination

@Suite struct RecentClaimsTests {
    private func original(_ root: String) -> RequestCopy {
        RequestCopy(root: root, place: root, generation: 0)
    }

    private func claims(capacity: Int = 10) -> RecentClaims {
        RecentClaims(capacity: capacity, lifetime: 1_000)
    }

    @Test func anotherRequestDoesNotGetAClaimedId() {
        var claims = claims()
        let outcomes = [
            claims.claim("a", for: original("1"), now: 0), claims.claim("a", for: original("1"), now: 0),
            claims.claim("a", for: original("2"), now: 0), claims.claim("b", for: original("2"), now: 0),
        ]
        #expect(outcomes == [.granted, .granted, .taken(by: "1"), .granted])
    }

    @Test func whatWasAnsweredIsDone() {
        var claims = claims()
        let copy = original("1")
        _ = claims.claim("a", for: copy, now: 0)
        claims.report("a", Claim(of: copy, .paid([1, 2])), by: copy, now: 0)
        let paid = claims.claim("a", for: copy, now: 0)
        claims.report("a", Claim(finished: copy, failed: false), by: copy, now: 0)
        let done = claims.claim("a", for: copy, now: 0)
        #expect([paid, done] == [.granted, .done])
    }

    @Test func theOldestAreForgotten() {
        var claims = claims(capacity: 3)
        for number in 1...4 { _ = claims.claim("id\(number)", for: original("\(number)"), now: 0) }
        let outcomes = [
            claims.claim("id1", for: original("5"), now: 0), claims.claim("id3", for: original("6"), now: 0),
            claims.claim("id4", for: original("6"), now: 0),
        ]
        #expect(outcomes == [.granted, .taken(by: "3"), .taken(by: "4")])
    }

    @Test func aClaimThatWasTakenOverKeepsItsTurn() {
        var claims = claims(capacity: 3)
        _ = claims.claim("a", for: original("1"), now: 0)
        claims.report("a", Claim(finished: original("1"), failed: true), by: original("1"), now: 0)
        _ = claims.claim("a", for: original("2"), now: 0)
        _ = claims.claim("b", for: original("3"), now: 0)
        _ = claims.claim("c", for: original("4"), now: 0)
        let held = claims.claim("a", for: original("5"), now: 0)
        _ = claims.claim("d", for: original("6"), now: 0)
        let forgotten = claims.claim("a", for: original("5"), now: 0)
        #expect([held, forgotten] == [.taken(by: "2"), .granted])
    }

    @Test func aClaimEndsWithItsTimeWhichAReportBeginsAnew() {
        var claims = claims(capacity: 3)
        let copy = original("1")
        _ = claims.claim("a", for: copy, now: 5_000)
        let early = [claims.claim("a", for: original("2"), now: 5_999), claims.claim("a", for: original("2"), now: 6_000)]
        claims.report("a", Claim(finished: original("2"), failed: false), by: original("2"), now: 6_500)
        let late = [claims.claim("a", for: copy, now: 7_499), claims.claim("a", for: copy, now: 7_500)]
        #expect(early == [.taken(by: "1"), .granted])
        #expect(late == [.taken(by: "2"), .granted])
    }
}
