import Testing

/// A way in which a second run is of other images, and what is said of it.
struct Difference<Record>: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let change: @Sendable (inout Record) -> Void
  let message: String
}
