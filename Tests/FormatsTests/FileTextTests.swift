import Formats
import Foundation
import TestSupport
import Testing

struct FileTextTests {
  static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

  @Test func `a byte order mark is passed over`() throws {
    let folder = try TemporaryFolder()
    for marks in 0...2 {
      let head = (0..<marks).flatMap { _ in Self.mark }
      let url = try folder.file("a.txt", holding: head + Array("fünf\n".utf8))
      #expect(try FileText.read(url, limit: 100, expecting: "text") == "fünf\n")
    }
    // Within the text it is a character like others.
    let url = try folder.file("b.txt", holding: Array("a\u{FEFF}b".utf8))
    #expect(try FileText.read(url, limit: 100, expecting: "text") == "a\u{FEFF}b")
  }

  @Test(arguments: [
    (String.Encoding.utf16, "UTF-16"), (.utf16LittleEndian, "UTF-16LE"),
    (.utf16BigEndian, "UTF-16BE"), (.utf32, "UTF-32"),
  ])
  func `other encodings are named, with what to do`(encoding: String.Encoding, name: String) throws
  {
    let folder = try TemporaryFolder()
    let text = try #require("run,dataset\nä,b\n".data(using: encoding))
    let url = try folder.file("cells.csv", holding: text)
    let error = #expect(throws: FileFormError.self) { try CSVTable(contentsOf: url) }
    #expect(
      error?.description == "\(url.path): expected a CSV table, found \(name) text; save it as "
        + "UTF-8, or convert it with iconv -f \(name) -t UTF-8")
  }

  @Test func `a folder, a missing file and a large one`() throws {
    let folder = try TemporaryFolder()
    let url = folder.url
    let error = #expect(throws: FileFormError.self) {
      try FileText.read(url, limit: 9, expecting: "text")
    }
    #expect(error?.found.kind == .folder)
    let missing = folder.file("missing")
    #expect(throws: FileError.unreadable(missing, ENOENT)) {
      try FileText.read(missing, limit: 9, expecting: "text")
    }
    let large = try folder.file("large", holding: Array("0123456789".utf8))
    #expect(throws: FileError.tooLarge(large, limit: 9, found: 10)) {
      try FileText.read(large, limit: 9, expecting: "text")
    }
  }
}
