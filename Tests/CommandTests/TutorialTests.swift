import Foundation
import TestSupport
import Testing

/// The documentation shows what the program prints and draws.
struct TutorialTests {
  /// The outputs are those of this instruction set.
  private static let hasAVX2 =
    (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.contains(" avx2 ") ?? false

  @Test(
    .enabled(
      if: hasAVX2 && CalibrationFileTests.python != nil,
      "needs AVX2 and a python3 with NumPy, or PEER_PYTHON"))
  func `listings, pictures, options and names of figures are those of the program`() throws {
    let folder = try TemporaryFolder()
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      try #require(CalibrationFileTests.python), "-B",
      TestPackage.url.appending(path: "Tests/Tutorials/tutorials.py").path,
      MixmoProcess.executable.path, folder.file("tutorials").path,
    ]
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    let faults = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(String(decoding: faults, as: UTF8.self))")
  }
}
