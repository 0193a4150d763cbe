import Foundation

/// How the numbers of a table are written: with a decimal point or, as spreadsheets of some languages
/// write them, with a decimal comma.
package struct NumberForm: Sendable {
  private let hasDecimalComma: Bool

  /// The form of all the numbers `fields` of a table; what is no number is left out of account.
  ///
  /// A comma is a decimal comma if no number has a point, none has two commas, and one at least could
  /// not be a comma between thousands.
  ///
  /// - Throws: `CSVError.ambiguousNumbers` with two fields that cannot be of one form, or one that can
  ///   be of both.
  package init(of fields: some Sequence<String>, file: URL) throws(CSVError) {
    var (comma, point, grouped): (String?, String?, String?) = (nil, nil, nil)
    var isDecimal = false
    for field in fields {
      if field.utf8.contains(UInt8(ascii: ",")) {
        guard Self.isNumber(field) else { continue }
        comma = comma ?? field
        if field.utf8.count(where: { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: ".") }) > 1 {
          grouped = grouped ?? field
        }
        if !Self.canBeGrouped(field) { isDecimal = true }
      } else if point == nil, field.utf8.contains(UInt8(ascii: ".")), Double(field) != nil {
        point = field
      }
    }
    hasDecimalComma = comma != nil
    guard let comma else { return }
    if let other = grouped ?? point { throw .ambiguousNumbers(file, comma, other) }
    if !isDecimal { throw .ambiguousNumbers(file, comma, comma) }
  }

  /// The number that a field is; nil for any other text.
  package func number(_ field: String) -> Double? {
    Double(hasDecimalComma ? field.replacing(",", with: ".") : field)
  }

  /// Whether a field with commas would be a number with points for some or none of them.
  private static func isNumber(_ field: String) -> Bool {
    let parts = field.split(separator: ",", omittingEmptySubsequences: false)
    return Double(parts.joined()) != nil
      && parts.dropFirst().allSatisfy { $0.first?.isNumber == true }
  }

  /// Whether every comma has one to three digits before and three after, such as in `1,234`.
  private static func canBeGrouped(_ field: String) -> Bool {
    let digits = field.drop { $0 == "-" || $0 == "+" }.prefix { $0 != "." }
    let parts = digits.split(separator: ",", omittingEmptySubsequences: false)
    return 1...3 ~= parts[0].count && parts[0].first != "0"
      && parts.dropFirst().allSatisfy { $0.count == 3 && $0.allSatisfy(\.isNumber) }
  }
}

extension CSVTable {
  /// The numbers of some columns, `[column][row]`: nil for an empty field, NaN for one that is no finite number.
  ///
  /// - Throws: `CSVError.ambiguousNumbers`; it names `file`.
  package func numbers(inColumns columns: [Int], file: URL) throws(CSVError) -> [[Double?]] {
    let form = try NumberForm(
      of: rows.lazy.flatMap { row in columns.map { row[$0] } }, file: file)
    return columns.map { column in
      rows.map { row in
        guard !row[column].isEmpty else { return nil }
        return form.number(row[column]).flatMap { $0.isFinite ? $0 : nil } ?? .nan
      }
    }
  }
}
