import Testing

@testable import Coordination

@Suite struct RecentClaimsTests {
    private func original(_ root: String) -> RequestCopy {
        RequestCopy(root: root, place: root, generation: 0)
    }

    private func claims(capacity: Int = 10, resultBytes: Int = 100) -> RecentClaims {
        RecentClaims(capacity: capacity, resultBytes: resultBytes, lifetime: 1_000)
    }

    @Test func anotherRequestDoesNotGetAClaimedId() {
        var claims = claims()
        let outcomes = [
            claims.claim("a", for: original("1"), now: 0), claims.claim("a", for: original("1"), now: 0),
            claims.claim("a", for: original("2"), now: 0), claims.claim("b", for: original("2"), now: 0),
        ]
        #expect(outcomes == [.granted, .granted, .taken(by: "1"), .granted])
    }

    @Test func whatWasPaidIsRememberedUntilItIsAnswered() {
        var claims = claims()
        let copy = original("1")
        _ = claims.claim("a", for: copy, now: 0)
        claims.report("a", Claim(of: copy, .paid([1, 2])), by: copy, now: 0)
        let paid = claims.claim("a", for: copy, now: 0)
        claims.report("a", Claim(finished: copy, failed: false), by: copy, now: 0)
        let done = claims.claim("a", for: copy, now: 0)
        #expect([paid, done] == [.paid([1, 2]), .done])
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

    @Test func theOldestResultsGoWhenTheyTakeTooMuchMemory() {
        var claims = claims(resultBytes: 100)
        for number in 1...3 {
            let copy = original("\(number)")
            _ = claims.claim("id\(number)", for: copy, now: 0)
            claims.report("id\(number)", Claim(of: copy, .paid(Array(repeating: 7, count: 40))), by: copy, now: 0)
        }
        let dropped = claims.claim("id1", for: original("1"), now: 0)
        let kept = [claims.claim("id2", for: original("2"), now: 0), claims.claim("id3", for: original("3"), now: 0)]
        #expect(dropped == .granted)
        #expect(kept == Array(repeating: .paid(Array(repeating: 7, count: 40)), count: 2))
    }

    @Test func resultsOfFinishedAndForgottenClaimsTakeNoMemory() {
        var claims = claims(capacity: 3, resultBytes: 100)
        func pay(_ id: String, _ bytes: Int) {
            claims.report(id, Claim(of: original(id), .paid(Array(repeating: 7, count: bytes))), by: original(id), now: 0)
        }
        for id in ["1", "2", "3"] { _ = claims.claim(id, for: original(id), now: 0) }
        pay("3", 20)
        pay("2", 30)
        pay("1", 50)
        claims.report("2", Claim(finished: original("2"), failed: true), by: original("2"), now: 0)
        // Takes the place of 1.
        _ = claims.claim("4", for: original("4"), now: 0)
        pay("4", 80)
        let outcomes = ["3", "2", "4"].map { claims.claim($0, for: original($0), now: 0) }
        #expect(outcomes == [.paid(Array(repeating: 7, count: 20)), .done, .paid(Array(repeating: 7, count: 80))])
    }
}
