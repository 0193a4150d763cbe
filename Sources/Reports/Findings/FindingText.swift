import Foundation

/// Numbers in sentences.
enum FindingText {
  /// A share of images, such as `97.5 % (95.3 to 98.7)`.
  static func share(_ estimate: Estimate, isFirst: Bool = false) -> String {
    let name = isFirst ? "95 % interval " : ""
    let text = { (value: Double) in decimal(100 * value) }
    return "\(text(estimate.value)) %" + brackets(estimate, text) { "(\(name)\($0))" }
  }

  /// A share of images and its interval inside brackets, such as `97.5 %, 95.3 to 98.7`.
  static func shareInside(_ estimate: Estimate) -> String {
    let text = { (value: Double) in decimal(100 * value) }
    return "\(text(estimate.value)) %" + inside(estimate, text)
  }

  /// A size in percentage points, such as `13.2 points` and its interval inside brackets.
  static func points(_ estimate: Estimate, _ word: String = "") -> String {
    "\(decimal(100 * estimate.value)) points\(word)"
      + brackets(estimate) { decimal(100 * $0) } wrap: { "(\($0))" }
  }

  /// A difference in percentage points inside brackets, such as `+0.3 points, −1.0 to 1.5`.
  static func signedPoints(_ estimate: Estimate) -> String {
    "\(signed(100 * estimate.value, decimal)) points" + inside(estimate) { decimal(100 * $0) }
  }

  /// A difference of a loss inside brackets, such as `−0.087, −0.100 to −0.071`.
  static func signedNumber(_ estimate: Estimate) -> String {
    signed(estimate.value, number) + inside(estimate, number)
  }

  /// With one decimal, and more where a number that is not 0 would look like it.
  static func decimal(_ value: Double) -> String {
    let decimals = (1...4).first { abs(value) >= 0.5 * pow(10, -Double($0)) } ?? 1
    return minus(String(format: "%.\(decimals)f", value))
  }

  /// With three significant digits.
  static func number(_ value: Double) -> String { minus(String(format: "%.3g", value)) }

  /// Names in a row: `a`, `a or b`, `a, b or c`.
  static func list(_ names: [String], _ word: String) -> String {
    guard names.count > 1 else { return names.first ?? "" }
    return names.dropLast().joined(separator: ", ") + " \(word) \(names[names.count - 1])"
  }

  private static func signed(_ value: Double, _ text: (Double) -> String) -> String {
    (value > 0 ? "+" : "") + text(value)
  }

  private static func brackets(
    _ estimate: Estimate, _ text: (Double) -> String, wrap: (String) -> String
  ) -> String {
    estimate.interval.map { " " + wrap("\(text($0.low)) to \(text($0.high))") } ?? ""
  }

  private static func inside(_ estimate: Estimate, _ text: (Double) -> String) -> String {
    estimate.interval.map { ", \(text($0.low)) to \(text($0.high))" } ?? ", no interval"
  }

  private static func minus(_ text: String) -> String {
    Double(text) == 0
      ? text.replacing("-", with: "") : text.replacing("-", with: "\u{2212}")
  }
}
