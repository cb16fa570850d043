import Envelope
import Testing

@testable import Routing

@Suite struct TokenEstimatorTests {
    @Test func beforeThereIsExperienceFourBytesMakeAToken() {
        let estimate = TokenEstimator().estimate("m", inputBytes: 401, maxOutput: nil)
        #expect(estimate.input == 101)
        #expect(estimate.output == 256)
    }

    @Test func anAnswerIsNotExpectedToBeLongerThanItMay() {
        #expect(TokenEstimator().estimate("m", inputBytes: 4, maxOutput: 10).output == 10)
        #expect(TokenEstimator().estimate("m", inputBytes: 4, maxOutput: 10, choices: 3).output == 30)
        #expect(TokenEstimator().estimate("m", inputBytes: 0, maxOutput: 0) == (1, 0))
    }

    @Test func itFollowsWhatCallsTake() {
        var estimator = TokenEstimator()
        for _ in 0..<200 { estimator.note("m", inputBytes: 1_000, usage: Usage(input: 100, output: 60)) }
        #expect(estimator.estimate("m", inputBytes: 2_000, maxOutput: 4_096) == (200, 60))
        for _ in 0..<200 { estimator.note("m", inputBytes: 1_000, usage: Usage(input: 300, output: 600), choices: 2) }
        let later = estimator.estimate("m", inputBytes: 1_000, maxOutput: nil)
        #expect((299...300).contains(later.input) && (299...300).contains(later.output))
        #expect(estimator.estimate("another", inputBytes: 4, maxOutput: nil).output == 256)
    }

    @Test func oneCallIsAllTheExperienceThereIsAfterTheFirst() {
        var estimator = TokenEstimator()
        estimator.note("m", inputBytes: 0, usage: Usage(input: 0, output: 7))
        #expect(estimator.estimate("m", inputBytes: 400, maxOutput: nil) == (100, 7))
    }

    @Test func whatRequestersInventDoesNotFillTheMemory() {
        var estimator = TokenEstimator()
        for number in 0..<5_000 { estimator.note("m\(number)", inputBytes: 4, usage: Usage(input: 1, output: 5)) }
        #expect(estimator.estimate("m0", inputBytes: 4, maxOutput: nil).output == 256)
        #expect(estimator.estimate("m4999", inputBytes: 4, maxOutput: nil).output == 5)
    }
}
