import CFuzzing
import Foundation

/// What libFuzzer's callbacks, which have no context, work on.
nonisolated(unsafe) private var running: (target: Target, file: MemoryFile)?

/// What a run may allocate beyond four times its input.
private let memoryAllowance = 64 << 20

/// Chooses the target, and replaces its name by its options.
///
/// The processes that libFuzzer starts to minimize an input inherit the choice.
@_cdecl("LLVMFuzzerInitialize")
func initialize(
  _ count: UnsafeMutablePointer<Int32>,
  _ pointers: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>
) -> Int32 {
  var arguments = CommandLine.arguments
  do {
    if let inherited = ProcessInfo.processInfo.environment["MIXMO_FUZZ_TARGET"] {
      arguments.insert(inherited, at: 1)
    }
    guard let target = try Fuzzing.target(of: arguments) else { exit(0) }
    setenv("MIXMO_FUZZ_TARGET", target.name, 1)
    running = (target, MemoryFile())
    arguments.replaceSubrange(1...1, with: target.options)
  } catch {
    fatalError("\(error)")
  }
  pointers.pointee = .allocate(capacity: arguments.count + 1)
  for (index, argument) in arguments.enumerated() { pointers.pointee[index] = strdup(argument) }
  pointers.pointee[arguments.count] = nil
  count.pointee = Int32(arguments.count)
  return 0
}

/// One run.
@_cdecl("LLVMFuzzerTestOneInput")
func run(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  guard let (target, file) = running else { return 0 }
  let input = Input(
    bytes: Array(UnsafeBufferPointer(start: start, count: count)), file: file)
  file.hold(input.bytes)
  fuzzing_limit_memory(4 * count + memoryAllowance)
  input.attempt { try target.read(input) }
  fuzzing_end_limit()
  return 0
}

extension Target {
  /// libFuzzer's options.
  fileprivate var options: [String] {
    // Sanitizers and a shared machine make this about a second of the reader itself.
    let limits = ["-max_len=\(maximumLength)", "-timeout=5"]
    guard !words.isEmpty else { return limits }
    let dictionary = MemoryFile()
    let lines = words.map { word in
      "\""
        + word.utf8.map { "\\x" + String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
        .joined() + "\"\n"
    }
    dictionary.hold(Array(lines.joined().utf8))
    return limits + ["-dict=\(dictionary.url.path)"]
  }
}
