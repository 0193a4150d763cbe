import Testing

/// Expects every element of `actual` within `bound` of `expected`; on failure shows the worst one.
package func expectClose<Value: BinaryFloatingPoint>(
  _ actual: [Value], _ expected: [Value], absolute bound: Double, _ name: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard actual.count == expected.count else {
    Issue.record(
      "\(name): \(actual.count) values, expected \(expected.count)", sourceLocation: sourceLocation)
    return
  }
  let errors = zip(actual, expected).map { abs(Double($0) - Double($1)) }
  guard let worst = errors.indices.max(by: { errors[$0] < errors[$1] || errors[$1].isNaN }),
    !(errors[worst] <= bound)
  else { return }
  let inBounds = errors[worst] / bound
  Issue.record(
    "\(name)[\(worst)]: \(actual[worst]), expected \(expected[worst]), error \(inBounds) bounds",
    sourceLocation: sourceLocation)
}

/// Expects `actual` within `bound` of `expected`.
package func expectClose<Value: BinaryFloatingPoint>(
  _ actual: Value, _ expected: Value, absolute bound: Double, _ name: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  expectClose([actual], [expected], absolute: bound, name, sourceLocation: sourceLocation)
}
