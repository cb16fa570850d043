import Envelope
import TestSupport
import Testing

@testable import Cache

@Suite struct MemoryCacheTests {
    private func key(_ number: Int) -> CacheKey { CacheKey(digest: "\(number)") }

    @Test func whatWasWantedLeastRecentlyGoesFirst() {
        var cache = MemoryCache(capacity: 3 * 356)
        for number in 0..<3 { cache.insert(String(repeating: "x", count: 100).written, for: key(number), until: 10) }
        #expect(cache.bytes == 3 * 356)
        let isThere = cache.value(of: key(0), now: 0) != nil
        #expect(isThere)
        cache.insert(String(repeating: "y", count: 100).written, for: key(3), until: 10)
        let left = (0..<4).map { cache.value(of: key($0), now: 0) != nil }
        #expect(left == [true, false, true, true])
    }

    @Test func whatIsOverIsGoneAndWhatIsTooLargeIsNotTaken() {
        var cache = MemoryCache(capacity: 1_000)
        cache.insert("a".written, for: key(1), until: 10)
        let (before, after) = (cache.value(of: key(1), now: 9), cache.value(of: key(1), now: 10))
        #expect(before != nil && after == nil && cache.count == 0 && cache.bytes == 0)
        cache.insert("a".written, for: key(1), until: 10)
        cache.insert(String(repeating: "x", count: 745).written, for: key(2), until: 10)
        let kept = cache.value(of: key(1), now: 0)
        #expect(kept != nil && cache.count == 1)
    }

    /// Against a list that is searched.
    @Test func itDoesAsASimpleOneWould() {
        var random = SeededGenerator.forTest("memory cache")
        var cache = MemoryCache(capacity: 5_000)
        var model: [(key: CacheKey, size: Int, end: Int64)] = []
        for now in 0..<20_000 as Range<Int64> {
            let key = key(Int.random(in: 0..<40, using: &random))
            model.removeAll { $0.key == key && $0.end <= now }
            if Bool.random(using: &random) {
                let size = Int.random(in: 0...1_500, using: &random)
                let end = now + Int64.random(in: 1...200, using: &random)
                cache.insert(String(repeating: "x", count: size).written, for: key, until: end)
                model.removeAll { $0.key == key }
                while model.reduce(size + 256, { $0 + $1.size + 256 }) > 5_000 { model.removeFirst() }
                model.append((key, size, end))
            } else {
                let found = cache.value(of: key, now: now)?.bytes.count
                let index = model.firstIndex { $0.key == key }
                #expect(found == index.map { model[$0].size })
                if let index { model.append(model.remove(at: index)) }
            }
            #expect(cache.bytes == model.reduce(0) { $0 + $1.size + 256 } && cache.count == model.count)
        }
    }
}
