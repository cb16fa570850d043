/// Why the simulator could not start.
package struct SimulatorError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
