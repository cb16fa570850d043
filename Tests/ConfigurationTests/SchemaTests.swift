import Testing

@testable import Configuration

@Suite struct SchemaTests {
    @Test(arguments: Schema.keys.filter { $0.initial != nil }.map(\.path))
    func aDefaultIsAllowedByItsOwnKey(_ path: SettingPath) throws {
        let key = try #require(Schema.key(at: path))
        var reader = SettingsReader(environment: [:])
        let concrete = SettingPath(path.components.map { $0 == "*" ? "x" : $0 })
        let raw: RawValue =
            switch try #require(key.initial) {
            case .text(let text): .scalar(text)
            case .integer(let number): .scalar("\(number)")
            case .boolean(let value): .scalar("\(value)")
            case .number(let number): .scalar("\(number)")
            case .list(let values): .list(values)
            case .secret, .secrets: .list([])
            }
        reader.set(concrete, raw, from: .override("test"))
        try reader.problems.throwIfAny()
    }

    @Test(arguments: Schema.keys.map(\.path))
    func everyKeyIsFoundByItsVariableAndItsFlag(_ path: SettingPath) throws {
        let key = try #require(Schema.keys.first { $0.path == path })
        for spelling in [FlatName.variable, FlatName.override] {
            let found = try #require(spelling.find(spelling.name(of: key, free: "x")))
            let concrete = SettingPath(path.components.map { $0 == "*" ? "x" : $0 })
            #expect(found.key.matches(concrete))
        }
    }

    @Test func noKeyIsDescribedTwice() {
        #expect(Set(Schema.keys.map(\.path)).count == Schema.keys.count)
    }
}
