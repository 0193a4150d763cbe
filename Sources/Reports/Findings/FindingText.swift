import Foundation

/// Numbers in sentences.
enum FindingText {
  /// A share of images, such as `97.5 % (95.3 to 98.7)`.
  static func share(_ estimate: Estimate, isFirst: Bool = false) -> String {
    let numbers = percents(estimate)
    let ends = numbers.ends.map { " (\(isFirst ? "95 % interval " : "")\($0))" }
    return "\(numbers.value) %" + (ends ?? "")
  }

  /// A share of images and its interval inside brackets, such as `97.5 %, 95.3 to 98.7`.
  static func shareInside(_ estimate: Estimate) -> String {
    let numbers = percents(estimate)
    return "\(numbers.value) %" + (numbers.ends.map { ", \($0)" } ?? "")
  }

  /// A size in percentage points with a word behind it, such as `13.2 points lower (11.0 to 15.4)`.
  static func points(_ estimate: Estimate, _ word: String) -> String {
    let numbers = percents(estimate)
    return "\(numbers.value) points\(word)" + (numbers.ends.map { " (\($0))" } ?? "")
  }

  /// A size in percentage points inside brackets, such as `13.2 points below, 11.0 to 15.4`.
  static func pointsInside(_ estimate: Estimate, _ word: String) -> String {
    let numbers = percents(estimate)
    return "\(numbers.value) points \(word)" + (numbers.ends.map { ", \($0)" } ?? "")
  }

  /// A difference in percentage points inside brackets, such as `+0.3 points, −1.0 to 1.5`.
  static func signedPoints(_ estimate: Estimate) -> String {
    let numbers = percents(estimate)
    return "\(sign(estimate.value))\(numbers.value) points, \(numbers.ends ?? "no interval")"
  }

  /// A difference of a loss inside brackets, such as `−0.087, −0.100 to −0.071`.
  static func signedNumber(_ estimate: Estimate) -> String {
    // Two digits of the interval's length.
    let length = estimate.interval.map { $0.high - $0.low } ?? abs(estimate.value)
    let digits = length > 0 ? 1 - Int(log10(length).rounded(.down)) : 3
    let numbers = texts(estimate, scale: 1, decimals: min(max(digits, 1), 6))
    return "\(sign(estimate.value))\(numbers.value), \(numbers.ends ?? "no interval")"
  }

  /// A number with one decimal.
  static func decimal(_ value: Double) -> String { fixed(value, 1) }

  private static func percents(_ estimate: Estimate) -> (value: String, ends: String?) {
    texts(estimate, scale: 100, decimals: 1)
  }

  /// A number and its interval with as many decimals, more where an end that is not 0 would look like
  /// 0: a sentence must not seem to claim what its numbers deny.
  private static func texts(
    _ estimate: Estimate, scale: Double, decimals: Int
  ) -> (value: String, ends: String?) {
    let numbers = [estimate.value] + (estimate.interval.map { [$0.low, $0.high] } ?? [])
    let smallest = numbers.map { abs(scale * $0) }.filter { $0 > 0 }.min() ?? 1
    let needed = (decimals...max(decimals, 6)).first { smallest >= 0.5 * pow(10, -Double($0)) }
    let texts = numbers.map { fixed(scale * $0, needed ?? 6) }
    return (texts[0], texts.count > 1 ? "\(texts[1]) to \(texts[2])" : nil)
  }

  /// Names in a row: `a`, `a or b`, `a, b or c`.
  static func list(_ names: [String], _ word: String) -> String {
    guard names.count > 1 else { return names.first ?? "" }
    return names.dropLast().joined(separator: ", ") + " \(word) \(names[names.count - 1])"
  }

  private static func sign(_ value: Double) -> String { value > 0 ? "+" : "" }

  private static func fixed(_ value: Double, _ decimals: Int) -> String {
    let text = String(format: "%.\(decimals)f", value)
    return Double(text) == 0
      ? text.replacing("-", with: "") : text.replacing("-", with: "\u{2212}")
  }
}
