import Foundation
import Synchronization

/// What the system must have left before a program is started, or a task: where it has not, the
/// libraries that run tasks wait for ever or end this process.
package enum SystemRoom {
  /// The descriptors that a program takes: two for each of its outputs, one for its input, and those
  /// of the files that the caller writes meanwhile.
  static let descriptorCount = 8
  /// Those that watch all tasks; they are opened once.
  static let sharedDescriptorCount = 6
  /// The threads of tasks, one for each processor, and those that wake them.
  private static let threadCount = ProcessInfo.processInfo.activeProcessorCount + 4

  /// Whether there was room once; then the threads and the shared descriptors are kept.
  private static let hadRoom = Atomic(false)

  /// Makes sure that tasks can run and that the program called `name` can be started.
  ///
  /// - Throws: `ChildStartError`.
  package static func check(for name: String) throws {
    let isFirst = !hadRoom.load(ordering: .relaxed)
    let expected = descriptorCount + (isFirst ? sharedDescriptorCount : 0)
    guard freeDescriptorCount >= expected else {
      throw ChildStartError.noDescriptors(program: name, expected: expected)
    }
    guard !isFirst || canStartThreads() else {
      throw ChildStartError.noThreads(program: name, expected: threadCount)
    }
    hadRoom.store(true, ordering: .relaxed)
  }

  /// How many programs may run at a time beside what is open now, at least 1.
  static var programCount: Int {
    max((freeDescriptorCount - sharedDescriptorCount) / descriptorCount, 1)
  }

  /// How many descriptors this process may still open; many where that is not known.
  static var freeDescriptorCount: Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return .max }
    guard let folder = opendir("/proc/self/fd") else { return errno == EMFILE ? 0 : .max }
    defer { closedir(folder) }
    var count = 0
    while let entry = readdir(folder) {
      if entry.pointee.d_name.0 != CChar(UInt8(ascii: ".")) { count += 1 }
    }
    // One of them is the folder's own.
    return max(Int(clamping: limit.rlim_cur) - (count - 1), 0)
  }

  /// Starts the threads all at once, and lets them end.
  private static func canStartThreads() -> Bool {
    let gate = DispatchSemaphore(value: 0)
    var threads: [pthread_t] = []
    defer {
      for _ in threads { gate.signal() }
      for thread in threads { pthread_join(thread, nil) }
    }
    for _ in 0..<threadCount {
      var thread = pthread_t()
      let context = Unmanaged.passRetained(gate)
      let code = pthread_create(
        &thread, nil,
        { context in
          if let context {
            Unmanaged<DispatchSemaphore>.fromOpaque(context).takeRetainedValue().wait()
          }
          return nil
        }, context.toOpaque())
      guard code == 0 else {
        context.release()
        return false
      }
      threads.append(thread)
    }
    return true
  }
}

/// A program that the system refuses to start.
package enum ChildStartError: Error, CustomStringConvertible, Equatable {
  /// Too few files may still be opened.
  case noDescriptors(program: String, expected: Int)
  /// Too few threads may still be started.
  case noThreads(program: String, expected: Int)
  /// The system's error number.
  case refused(program: String, Int32)

  package var description: String {
    switch self {
    case .noDescriptors(let program, let expected):
      "\(program) cannot be started: expected room for \(expected) more open files; allow more "
        + "(ulimit -n)"
    case .noThreads(let program, let expected):
      "\(program) cannot be started: expected room for \(expected) more threads; allow more "
        + "(ulimit -u, ulimit -v, or the limit of the container)"
    case .refused(let program, let code):
      "\(program) cannot be started: \(String(cString: strerror(code))); allow more "
        + "(ulimit -u, ulimit -n, or the limit of the container)"
    }
  }
}
