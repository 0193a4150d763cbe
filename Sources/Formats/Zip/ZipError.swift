/// A zip archive that cannot be read or written.
public struct ZipError: Error, Equatable, CustomStringConvertible {
  /// The archive.
  public let file: String
  /// The member at fault, if it is one.
  public let member: String?
  /// What is wrong.
  public let problem: Problem

  /// An error of this problem at this place.
  public init(file: String, member: String?, problem: Problem) {
    self.file = file
    self.member = member
    self.problem = problem
  }

  /// The ways an archive can be wrong.
  public enum Problem: Equatable, Sendable {
    /// The archive's structure is not that of a zip file, in libzip's words.
    case malformed(String)
    /// A name that is empty, absolute, or climbs with `..`.
    case unsafeName
    /// Two members of one name.
    case duplicateName
    /// Members that would not fit in the file side by side.
    case overlappingMembers
    /// More members than are looked at.
    case tooManyMembers(found: UInt64, maximum: Int)
    /// No member of this name.
    case missing
    /// Neither stored nor deflated, or encrypted.
    case unsupportedCompression(method: UInt16)
    /// Deflated, where the contents must stand in the archive as they are.
    case notStored
    /// A declared size beyond what the caller allows.
    case tooLarge(declared: UInt64, maximum: Int)
    /// The data is damaged: cut short, wrongly compressed, or not that of its checksum.
    case damaged(String)
    /// More or fewer bytes than expected.
    case wrongByteCount(expected: Int, found: UInt64)
    /// The archive could not be written, in libzip's words.
    case unwritable(String)
  }

  public var description: String {
    "\(file): \(member.map { "\($0.oneLine): " } ?? "")\(problem.description)"
  }
}

extension ZipError.Problem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .malformed(let reason): "not a whole zip archive: \(reason)"
    case .unsafeName: "a member's name is empty, absolute or has '..' in it"
    case .duplicateName: "two members have the same name"
    case .overlappingMembers: "the members do not fit in the file without overlapping"
    case .tooManyMembers(let found, let maximum): "\(found) members, at most \(maximum) are read"
    case .missing: "no such member"
    case .unsupportedCompression(let method):
      "compression method \(method) or encryption, expected stored or deflated"
    case .notStored: "deflated, expected stored"
    case .tooLarge(let declared, let maximum): "\(declared) bytes, at most \(maximum) are read here"
    case .damaged(let reason): "damaged: \(reason)"
    case .wrongByteCount(let expected, let found): "expected \(expected) bytes, found \(found)"
    case .unwritable(let reason): "cannot be written: \(reason)"
    }
  }
}
