import Formats
import Foundation

/// A table of corruptions and their parameters, read from a YAML file such as
/// `corruptions/cifar.yaml`.
///
/// The file names the suite, the side of its images and, for each corruption, its family, its group
/// and its parameters at severities from 1 to 5. It may leave out corruptions, severities, and
/// MixMo's order of the corruptions. It may have the errors of a reference model, by which mean corruption
/// errors are divided.
public struct CorruptionSuite: Sendable {
  /// The display name of the suite.
  public let name: String
  /// The height and width of the images that the parameters are meant for, in pixels.
  public let side: Int
  /// The corruptions in the order of the file, which is the order of evaluation.
  public let corruptions: [Corruption]
  /// The same corruptions in the order in which MixMo pools them, if the file gives it.
  public let mixmoOrder: [Corruption.Name]?
  /// The reference model of mean corruption errors, if the file names one.
  public let reference: Reference?

  /// A model whose errors others are divided by.
  public struct Reference: Sendable, Equatable {
    /// Its name.
    public let model: String
    /// The number of classes of its data set, K.
    public let classCount: Int
    /// Its share of wrong clean images.
    public let cleanError: Double
    /// The mean over severities 1 to 5 of its share of wrong images, for each benchmark corruption.
    public let errors: [Corruption.Name: Double]

    /// The reference `model`.
    public init(
      model: String, classCount: Int, cleanError: Double, errors: [Corruption.Name: Double]
    ) {
      (self.model, self.classCount) = (model, classCount)
      (self.cleanError, self.errors) = (cleanError, errors)
    }
  }

  /// Reads the table from `url`.
  ///
  /// - Throws: `FileError` if the file cannot be read; `ConfigurationError` with file, line,
  ///   corruption and parameter if it has an unknown key or a value out of range.
  public init(contentsOf url: URL) throws {
    self = try ConfigurationFile(contentsOf: url).decode(SuiteTable.self).suite
  }

  /// Reads the table from the text of a YAML file; `url` is named in messages.
  ///
  /// - Throws: `ConfigurationError` as `init(contentsOf:)` does.
  public init(text: String, url: URL) throws {
    self = try ConfigurationFile(text: text, url: url).decode(SuiteTable.self).suite
  }

  fileprivate init(
    name: String, side: Int, corruptions: [Corruption], mixmoOrder: [Corruption.Name]?,
    reference: Reference?
  ) {
    self.name = name
    self.side = side
    self.corruptions = corruptions
    self.mixmoOrder = mixmoOrder
    self.reference = reference
  }

  /// The suite with other textures for `frost`, which uses substitutes by default.
  public func using(_ textures: FrostTextures) -> CorruptionSuite {
    CorruptionSuite(
      name: name, side: side, corruptions: corruptions.map { $0.using(textures) },
      mixmoOrder: mixmoOrder, reference: reference)
  }

  /// The corruption of the given name; nil if the suite leaves it out.
  public subscript(name: Corruption.Name) -> Corruption? {
    corruptions.first { $0.name == name }
  }
}

private struct SuiteTable: Decodable {
  let suite: CorruptionSuite

  enum Keys: String, CodingKey, CaseIterable {
    case suite, side, corruptions, reference
    case mixmoOrder = "mixmo_order"
  }

  init(from decoder: any Decoder) throws {
    let keys = try decoder.strictContainer(keyedBy: Keys.self)
    let side: Int = try keys.decode(.side, in: 1...4096)
    let table = try keys.superDecoder(forKey: .corruptions)
      .strictContainer(keyedBy: Corruption.Name.self)
    let names = table.allKeys
    suite = CorruptionSuite(
      name: try keys.decode(String.self, forKey: .suite), side: side,
      corruptions: try names.map {
        try Corruption(name: $0, side: side, from: table.superDecoder(forKey: $0))
      },
      mixmoOrder: try keys.decodeUnlessNone([String].self, .mixmoOrder)?.map {
        guard let name = Corruption.Name(rawValue: $0), names.contains(name) else {
          throw keys.corrupted(.mixmoOrder, "\"\($0)\" is not a corruption of this suite")
        }
        return name
      }, reference: try Self.reference(keys, table))
    if names.isEmpty {
      throw keys.corrupted(.corruptions, "expected at least one corruption")
    }
    if let order = suite.mixmoOrder, order.count != names.count || Set(order) != Set(names) {
      throw keys.corrupted(.mixmoOrder, "expected each corruption of the suite once")
    }
  }
}

/// The reference model of a table.
extension SuiteTable {
  private enum ReferenceKeys: String, CodingKey, CaseIterable {
    case model, classes
    case cleanError = "clean_error"
  }

  fileprivate static func reference(
    _ keys: KeyedDecodingContainer<Keys>, _ table: KeyedDecodingContainer<Corruption.Name>
  ) throws -> CorruptionSuite.Reference? {
    let rows = try table.allKeys.map { name in
      (name, try table.nestedContainer(keyedBy: Corruption.Keys.self, forKey: name))
    }
    guard keys.contains(.reference) else {
      for (_, row) in rows where row.contains(.referenceError) {
        throw row.corrupted(.referenceError, "expected the model under reference, found none")
      }
      return nil
    }
    let model = try keys.superDecoder(forKey: .reference)
      .strictContainer(keyedBy: ReferenceKeys.self)
    var errors: [Corruption.Name: Double] = [:]
    let clean: Double = try model.decode(.cleanError, in: 0...1)
    for (name, row) in rows where try row.decode(String.self, forKey: .group) == "benchmark" {
      let error: Double = try row.decode(.referenceError, in: 0...1)
      guard error > clean else {
        throw row.corrupted(
          .referenceError, "expected more than the error on clean images, \(clean), found \(error)")
      }
      errors[name] = error
    }
    return CorruptionSuite.Reference(
      model: try model.decode(String.self, forKey: .model),
      classCount: try model.decode(.classes, in: 2...1_000_000), cleanError: clean, errors: errors)
  }
}

extension Corruption {
  fileprivate enum Keys: String, CodingKey, CaseIterable {
    case family, group, severities
    case referenceError = "reference_error"
  }

  fileprivate init(name: Name, side: Int, from decoder: any Decoder) throws {
    let keys = try decoder.strictContainer(keyedBy: Keys.self)
    let rows = try keys.nestedContainer(keyedBy: SeverityKey.self, forKey: .severities)
    let distortions = try rows.allKeys.map { key in
      (try key.severity(in: rows), try rows.distortion(name.distortion, key, side: side))
    }
    if distortions.isEmpty {
      throw keys.corrupted(.severities, "expected at least one severity")
    }
    self.init(
      name: name, family: try keys.decodeCase(Family.self, .family),
      group: try keys.decodeCase(Group.self, .group), side: side,
      distortions: Dictionary(distortions) { first, _ in first })
  }
}

/// The key of a row of parameters, which must be a severity.
private struct SeverityKey: CodingKey {
  let stringValue: String
  var intValue: Int? { Int(stringValue) }

  init(stringValue: String) { self.stringValue = stringValue }
  init(intValue: Int) { stringValue = String(intValue) }

  func severity(in rows: KeyedDecodingContainer<SeverityKey>) throws -> Int {
    guard let severity = intValue, 1...5 ~= severity, stringValue == String(severity) else {
      throw rows.corrupted(self, "expected a severity from 1 to 5")
    }
    return severity
  }
}

extension KeyedDecodingContainer<SeverityKey> {
  fileprivate func distortion<Row: Distortion>(
    _ type: Row.Type, _ key: SeverityKey, side: Int
  ) throws -> any Distortion {
    let row = try decode(type, forKey: key)
    if let requirement = row.unmetRequirement(height: side, width: side) {
      throw corrupted(key, "expected \(requirement), found a side of \(side)")
    }
    return row
  }
}
