import Testing

@testable import Coordination

/// The rules, one after the other.
@Suite struct ClaimTests {
    private static let result: [UInt8] = [0, 10, 13, 255]

    struct Asking: Sendable {
        let held: Claim?
        let by: RequestCopy
        let outcome: ClaimOutcome
        let next: Claim?

        /// - Parameter next: nil for what is held already.
        init(_ held: Claim?, by: RequestCopy, _ outcome: ClaimOutcome, next: Claim? = nil) {
            self.held = held
            self.by = by
            self.outcome = outcome
            self.next = next ?? held
        }
    }

    private static func copy(_ root: String, _ place: String, _ generation: Int) -> RequestCopy {
        RequestCopy(root: root, place: place, generation: generation)
    }

    private static func claim(_ root: String, _ place: String?, _ generation: Int, _ state: Claim.State) -> Claim {
        Claim(root: root, generation: generation, place: place, state: state)
    }

    private static let another = copy("B", "b", 0)
    private static let same = copy("A", "a", 1)
    private static let twin = copy("A", "twin", 1)
    private static let earlier = copy("A", "early", 0)
    private static let later = copy("A", "late", 2)

    static let askings: [Asking] = [
        Asking(nil, by: same, .granted, next: Claim(of: same)),

        Asking(Claim(of: same), by: another, .taken(by: "A")),
        Asking(claim("A", nil, 1, .open), by: another, .taken(by: "A")),
        Asking(Claim(of: same, .paid(result)), by: another, .taken(by: "A")),
        Asking(claim("A", nil, 1, .answered), by: another, .taken(by: "A")),
        Asking(claim("A", nil, 1, .failed), by: another, .granted, next: Claim(of: another)),

        Asking(Claim(of: same), by: earlier, .done),
        Asking(Claim(of: same, .paid(result)), by: earlier, .done),
        Asking(claim("A", nil, 1, .answered), by: earlier, .done),
        Asking(claim("A", nil, 1, .failed), by: earlier, .done),

        Asking(Claim(of: same), by: later, .granted, next: Claim(of: later)),
        Asking(Claim(of: same, .paid(result)), by: later, .paid(result), next: Claim(of: later, .paid(result))),
        Asking(claim("A", nil, 1, .answered), by: later, .done),
        Asking(claim("A", nil, 1, .failed), by: later, .granted, next: Claim(of: later)),

        Asking(Claim(of: same), by: same, .granted),
        Asking(claim("A", nil, 1, .open), by: same, .granted, next: Claim(of: same)),
        Asking(Claim(of: same), by: twin, .done),
        Asking(Claim(of: same, .paid(result)), by: same, .paid(result)),
        Asking(claim("A", nil, 1, .paid(result)), by: same, .paid(result), next: Claim(of: same, .paid(result))),
        Asking(Claim(of: same, .paid(result)), by: twin, .done),
        Asking(claim("A", nil, 1, .answered), by: same, .done),
        Asking(claim("A", nil, 1, .failed), by: same, .done),
    ]

    @Test(arguments: askings) func whoAsksIsTold(_ asking: Asking) {
        var held = asking.held
        let outcome = held.asked(by: asking.by)
        #expect(outcome == asking.outcome)
        #expect(held == asking.next)
    }

    @Test func aReportCountsWhileTheClaimIsTheCopys() {
        let paid = Claim(of: Self.same, .paid(Self.result))
        let answered = Self.claim("A", nil, 1, .answered)
        let failed = Self.claim("A", nil, 1, .failed)
        let superseded = Self.claim("A", nil, 2, .open)
        // What is held, what `same` reports, and whether that counts.
        let cases: [(held: Claim?, next: Claim, counts: Bool)] =
            [paid, answered, failed, superseded].flatMap { next -> [(Claim?, Claim, Bool)] in
                [
                    (nil, next, true), (Claim(of: Self.same), next, true), (Self.claim("A", nil, 1, .open), next, true),
                    (Claim(of: Self.twin), next, true), (Claim(of: Self.same, .paid([1])), next, true),
                    (answered, next, next == answered), (failed, next, next.isFinished),
                    (Claim(of: Self.later), next, false), (Claim(of: Self.earlier), next, false), (Claim(of: Self.another), next, false),
                ]
            }
        for (held, next, counts) in cases {
            var claim = held
            claim.report(next, by: Self.same)
            #expect(claim == (counts ? next : held), "\(String(describing: held)) after \(next)")
        }
    }

    @Test(arguments: [Claim.State.open, .paid([]), .paid(result), .paid(Array("a\nb\n\n".utf8)), .answered, .failed])
    func whatIsStoredIsReadBack(_ state: Claim.State) throws {
        for place in ["llm.retry.60000/3/17@1764027546123", nil] {
            let claim = Self.claim("llm.requests/0/12@-1", place, 12_345, state)
            #expect(Claim(stored: claim.stored) == claim)
        }
    }

    @Test(arguments: ["", " ", " 1 a\nb\n", "o", "open x/0/1", "o1", "o1 a", "o1 a\n", "o1 a\nb", "x1 a\nb\n", "ox a\nb\n", "\n \n\n"])
    func whatIsNoClaimIsNone(_ text: String) {
        #expect(Claim(stored: Array(text.utf8)) == nil)
    }
}
