import Formats
import Foundation
import TestSupport
import Testing

/// Archives that NumPy wrote (`Fixtures/make_numpy.py`), and hostile ones.
struct NumPyArchiveTests {
  private func archive(_ name: String) throws -> NumPyArchive {
    try NumPyArchive(contentsOf: fixture("numpy/\(name).npz"))
  }

  @Test func `arrays are listed and read by name, stored and deflated`() throws {
    let stored = try archive("stored")
    #expect(stored.names == ["logits", "labels"])
    #expect(try stored.array("logits").shape == [3, 2])
    #expect(try stored.array("logits").values(of: Float.self) == [0, 1, 2, 3, 4, 5])
    #expect(try stored.array("labels").values(of: Int.self) == [1, 2, 3])
    let zeros = try archive("deflated").array("logits")
    #expect(zeros.shape == [100, 10])
    #expect(try zeros.values(of: Float.self) == Array(repeating: 0, count: 1000))
  }

  @Test func `a single value and Fortran order`() throws {
    let mixed = try archive("mixed")
    #expect(mixed.names == ["single", "fortran"])
    #expect(try mixed.array("single").shape == [])
    #expect(try mixed.array("single").values(of: Int.self) == [7])
    #expect(try mixed.array("fortran").values(of: Float.self) == [0, 1, 2, 3, 4, 5])
  }

  @Test func `a declared size is compared with what the caller allows`() throws {
    let file = fixture("numpy/deflated.npz").path
    let problem = ZipError.Problem.tooLarge(declared: 4128, maximum: 4127)
    #expect(throws: ZipError(file: file, member: "logits.npy", problem: problem)) {
      try archive("deflated").array("logits", atMost: 4127)
    }
    #expect(try archive("deflated").array("logits", atMost: 4128).rowCount == 100)
  }

  @Test func `errors name the archive and the member`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("a.npz")
    try ZipArchive.write([("x.npy", Array("hello".utf8)), ("readme", [1])], to: url)
    let archive = try NumPyArchive(contentsOf: url)
    #expect(archive.names == ["x"])
    let error = NumPyError(file: "\(url.path): x.npy", problem: .notAnArray)
    #expect(throws: error) { try archive.array("x") }
    #expect(throws: ZipError(file: url.path, member: "y.npy", problem: .missing)) {
      try archive.array("y")
    }
  }
}
