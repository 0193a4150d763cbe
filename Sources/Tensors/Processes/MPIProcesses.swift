#if MPI
  import CMPI
  import Foundation

  /// The processes that `mpirun` or `srun` started, which communicate by MPI.
  package final class MPIProcesses: ProcessGroup, @unchecked Sendable {
    package let rank: Int
    package let count: Int
    private let world = mixmo_world()
    /// How long the other processes may take to answer.
    private let patience: Duration
    /// Ends the job with a message.
    private let giveUp: (String) -> Never

    /// Elements of one call: MPI's counts are 32-bit integers.
    private static let chunk = 1 << 28

    /// Joins the job; may be called once in a process.
    ///
    /// - Parameters:
    ///   - patience: how long the other processes may take to answer.
    ///   - giveUp: called with a message to the user when they take longer.
    package init(patience: Duration, giveUp: @escaping (String) -> Never) {
      var (provided, rank, count): (Int32, Int32, Int32) = (0, 0, 0)
      MPI_Init_thread(nil, nil, Int32(MPI_THREAD_SERIALIZED), &provided)
      MPI_Comm_rank(world, &rank)
      MPI_Comm_size(world, &count)
      self.rank = Int(rank)
      self.count = Int(count)
      self.patience = patience
      self.giveUp = giveUp
    }

    /// The library's name and version, such as `Open MPI v4.1.4`; may be asked for outside of a job.
    package static var libraryVersion: String {
      var text = [CChar](repeating: 0, count: 1 << 13)
      var count: Int32 = 0
      MPI_Get_library_version(&text, &count)
      let bytes = text.prefix(Int(count)).map { UInt8(bitPattern: $0) }
      // What follows names the machine that built it.
      return String(decoding: bytes.prefix { $0 != UInt8(ascii: ",") }, as: UTF8.self)
    }

    /// Leaves the job; returns once every process does.
    package func leave() { MPI_Finalize() }

    /// Ends all processes.
    package static func abort(code: Int32) -> Never {
      MPI_Abort(mixmo_world(), code)
      exit(code)
    }

    package func sum(_ values: UnsafeMutableBufferPointer<Double>) {
      reduce(values, mixmo_sum(), "their part of a sum")
    }

    package func max(_ values: UnsafeMutableBufferPointer<Double>) {
      reduce(values, mixmo_max(), "their part of a maximum")
    }

    private func reduce(
      _ values: UnsafeMutableBufferPointer<Double>, _ operation: MPI_Op?, _ what: String
    ) {
      for range in chunks(values.count) {
        var request: MPI_Request?
        MPI_Iallreduce(
          mixmo_in_place(), values.baseAddress.map { $0 + range.lowerBound }, Int32(range.count),
          mixmo_double(), operation, world, &request)
        wait(for: &request, what)
      }
    }

    package func startSum(_ values: UnsafeMutableBufferPointer<Float>) -> PendingSum {
      var requests = chunks(values.count).map { range in
        var request: MPI_Request?
        MPI_Iallreduce(
          mixmo_in_place(), values.baseAddress.map { $0 + range.lowerBound }, Int32(range.count),
          mixmo_float(), mixmo_sum(), world, &request)
        return request
      }
      return PendingSum { [self] in
        for index in requests.indices { wait(for: &requests[index], "their part of the gradients") }
      }
    }

    package func broadcast(_ bytes: Data, from root: Int) -> Data {
      var count = bytes.count
      withUnsafeMutableBytes(of: &count) { broadcast($0, from: root) }
      var message = rank == root ? bytes : Data(count: count)
      message.withUnsafeMutableBytes { broadcast($0, from: root) }
      return message
    }

    /// Replaces the bytes by those of the process `root`.
    private func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) {
      for range in chunks(bytes.count) {
        var request: MPI_Request?
        MPI_Ibcast(
          bytes.baseAddress.map { $0 + range.lowerBound }, Int32(range.count), mixmo_byte(),
          Int32(root), world, &request)
        wait(for: &request, "a message to all")
      }
    }

    package func send(_ bytes: Data, to rank: Int) {
      precondition(bytes.count <= Self.chunk, "a message of one call")
      bytes.withUnsafeBytes { buffer in
        var request: MPI_Request?
        MPI_Isend(
          buffer.baseAddress, Int32(buffer.count), mixmo_byte(), Int32(rank), 0, world, &request)
        wait(for: &request, "to take a message")
      }
    }

    package func receive(waits: Bool) -> Message? {
      var (isThere, status): (Int32, MPI_Status) = (0, MPI_Status())
      poll("a message", once: !waits) {
        MPI_Iprobe(MPI_ANY_SOURCE, 0, world, &isThere, &status)
        return isThere != 0
      }
      guard isThere != 0 else { return nil }
      var count: Int32 = 0
      MPI_Get_count(&status, mixmo_byte(), &count)
      var bytes = Data(count: Int(count))
      bytes.withUnsafeMutableBytes { buffer in
        var request: MPI_Request?
        MPI_Irecv(buffer.baseAddress, count, mixmo_byte(), status.MPI_SOURCE, 0, world, &request)
        wait(for: &request, "the rest of a message")
      }
      return Message(sender: Int(status.MPI_SOURCE), bytes: bytes)
    }

    private func chunks(_ count: Int) -> IndexChunks {
      IndexChunks(total: count, size: Self.chunk)
    }

    private func wait(for request: inout MPI_Request?, _ what: String) {
      var isDone: Int32 = 0
      poll(what, once: false) {
        MPI_Test(&request, &isDone, mixmo_ignored_status())
        return isDone != 0
      }
    }

    /// Calls `isDone` until it is true, or `once`; gives up after `patience`, where MPI itself would
    /// wait forever.
    private func poll(_ what: String, once: Bool, _ isDone: () -> Bool) {
      var waiting = WaitingTime(from: .now)
      while true {
        if isDone() || once { return }
        sched_yield()
        waiting.look(at: .now)
        if waiting.total > patience {
          giveUp("waited \(patience) for \(what) from the other processes")
        }
      }
    }
  }
#endif
