import Formats
import Foundation
import TestSupport
import Testing

struct FileFormTests {
  /// Bytes of every form, with its kind and words that its name must have.
  static let samples: [(bytes: [UInt8], kind: FileForm.Kind, name: String)] = [
    ([], .empty, "an empty file"),
    (
      Array("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n".utf8),
      .pointer, "a Git LFS pointer to a file of 12345 bytes"
    ),
    (Array("/annex/objects/MD5-s1--a".utf8), .pointer, "git-annex"),
    (
      Array("\r\n<!DOCTYPE html>\n<html><head><title>Sign in\n - Host</title>".utf8), .webPage,
      "a web page (\"Sign in - Host\")"
    ),
    (Array("\u{FEFF}<HTML>".utf8), .webPage, "a web page"),
    (
      Array("<?xml version='1.0'?><Error><Message>Access Denied</Message></Error>".utf8),
      .webPage, "a web page (\"Access Denied\")"
    ),
    (
      Array(
        """
        {"metadata": {}, "weight_map": {"a": "m-2-of-2.safetensors", "b": "m-1-of-2.safetensors"}}
        """.utf8), .weightIndex,
      "the index of a model in several files (m-1-of-2.safetensors, m-2-of-2.safetensors)"
    ),
    ([0x93] + Array("NUMPY\u{1}\0v\0{".utf8), .numPyArray, "a NumPy array (.npy)"),
    ([0x1F, 0x8B, 8, 0], .compressed, "gzip"),
    (Array("BZh91AY&SY\0".utf8), .compressed, "bzip2"),
    ([0xFD] + Array("7zXZ\0".utf8), .compressed, "xz"),
    ([0x28, 0xB5, 0x2F, 0xFD, 4], .compressed, "Zstandard"),
    ([0x80, 2, 0x7D], .pickle, "a pickle"),
    (
      [0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19], .pickle,
      "a PyTorch checkpoint"
    ),
    ([16, 0, 0, 0, 0, 0, 0, 0] + Array("{\"a\":{}}".utf8), .safeTensors, "a safetensors file"),
    ([0x89] + Array("PNG\r\n\u{1A}\n".utf8), .png, "a PNG image"),
    ([0xFF, 0xD8, 0xFF, 0xE0], .jpeg, "a JPEG image"),
    ([0x89] + Array("HDF\r\n\u{1A}\n".utf8), .other, "an HDF5 file"),
    (Array("PAR1\u{15}\u{4}".utf8), .other, "a Parquet file"),
    (Array("RIFF\u{1}\0\0\0WEBPVP8 ".utf8), .other, "a WebP image"),
    ([UInt8](repeating: 0, count: 600), .other, "only zero bytes"),
    (
      Array("name".utf8) + [UInt8](repeating: 0, count: 253) + Array("ustar\0".utf8), .tar,
      "a tar archive"
    ),
    ([0xFF, 0xFE, 0x61, 0], .wideText, "UTF-16 text"),
    ([0xFE, 0xFF, 0, 0x61], .wideText, "UTF-16 text"),
    ([0xFF, 0xFE, 0, 0, 0x61, 0, 0, 0], .wideText, "UTF-32 text"),
    (Array("a,b\n1,2\n".utf8).flatMap { [$0, 0] }, .wideText, "UTF-16LE text"),
    (Array("a,b\n1,2\n".utf8).flatMap { [0, $0] }, .wideText, "UTF-16BE text"),
    (Array("404: Not Found".utf8), .text, "text (\"404: Not Found\")"),
    // Letters that binary forms begin with as well.
    (Array("PAR1,GIF89a\n1,2\n".utf8), .text, "text (\"PAR1,GIF89a\")"),
    (Array("Stra\u{DF}e".utf8), .text, "text"),
  ]

  @Test func `tells every form by its first bytes`() throws {
    let folder = try TemporaryFolder()
    for sample in Self.samples {
      let url = try folder.file("file", holding: sample.bytes)
      let form = try #require(FileForm(contentsOf: url), "\(sample.name)")
      #expect(form.kind == sample.kind, "\(sample.name)")
      #expect(form.name.contains(sample.name), "\(form.name)")
      #expect(form == FileForm(startingWith: sample.bytes))
    }
    #expect(FileForm(contentsOf: folder.url)?.kind == .folder)
    #expect(FileForm(contentsOf: folder.file("missing")) == nil)
    #expect(FileForm(startingWith: [1, 2, 3, 4]) == nil)
  }

  static func zip(member: String) -> [UInt8] {
    let name = Array(member.utf8)
    return [0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 22) + [UInt8(name.count), 0, 0, 0]
      + name
  }

  @Test(arguments: [
    ("archive/data.pkl", "a PyTorch checkpoint"), ("x.npy", "an archive of NumPy arrays (.npz)"),
    ("[Content_Types].xml", "a spreadsheet or document of an office program"),
    ("CIFAR-10-C/fog.npy.txt", "a zip archive"),
  ])
  func `tells what is in a zip archive by its first member`(member: String, name: String) {
    #expect(FileForm(startingWith: Self.zip(member: member))?.name == name)
  }

  @Test func `readers name what a file is instead of what it lacks`() throws {
    let folder = try TemporaryFolder()
    for sample in Self.samples where sample.kind != .numPyArray {
      let url = try folder.file("a.npy", holding: sample.bytes)
      let error = #expect(throws: FileFormError.self, "\(sample.name)") {
        try NumPyArray(contentsOf: url)
      }
      #expect(error?.found.kind == sample.kind)
      #expect(
        error?.description.hasPrefix("\(url.path): expected a NumPy array (.npy), found ") == true)
    }
    for sample in Self.samples where ![.safeTensors, .zip].contains(sample.kind) {
      let url = try folder.file("a", holding: sample.bytes)
      #expect(throws: FileFormError.self) { try SafeTensorsFile(contentsOf: url) }
      #expect(throws: FileFormError.self) { try NumPyArchive(contentsOf: url) }
    }
    for sample in Self.samples where ![.text, .empty].contains(sample.kind) {
      let url = try folder.file("a.csv", holding: sample.bytes)
      #expect(throws: FileFormError.self) { try CSVTable(contentsOf: url) }
      #expect(throws: FileFormError.self) { try ConfigurationFile(contentsOf: url) }
    }
  }

  @Test func `a damaged file of the right form keeps its reader's error`() throws {
    let folder = try TemporaryFolder()
    let url = try folder.file("a.npy", holding: [0x93] + Array("NUMPY\u{7}\0".utf8))
    #expect(throws: NumPyError.self) { try NumPyArray(contentsOf: url) }
    let strange = try folder.file("b.npy", holding: [1, 2, 3])
    #expect(throws: NumPyError.self) { try NumPyArray(contentsOf: strange) }
  }

  @Test func `a message says what to do, on one line`() throws {
    let folder = try TemporaryFolder()
    let page = "<html><title>Gone\u{1B}[2J</title>"
    let url = try folder.file("labels.npy", holding: Array(page.utf8))
    let error = try #require(FileFormError(url, expecting: .numPyArray))
    #expect(
      error.description == "\(url.path): expected a NumPy array (.npy), found a web page "
        + "(\"Gone\u{FFFD}[2J\"); download the file again; its address may need a login or may have moved"
    )
  }

  @Test func `any bytes are told or not, never a crash`() {
    var generator = SeededGenerator(seed: 11)
    for sample in Self.samples {
      for _ in 0..<50 {
        let bytes = sample.bytes.mutated(using: &generator)
        let form = FileForm(startingWith: bytes)
        #expect(form?.name.isEmpty != true)
      }
    }
  }
}
