import ArgumentParser

struct ModelClientCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model-client",
    abstract: "Prints the Python client of evaluate --model.",
    example: HelpExample(
      "beside your program, which then begins with from mixmo_client import serve",
      "mixmo model-client > mixmo_client.py"),
    discussion: """
      One file that needs nothing but NumPy. Its function serve takes a function from a batch of images, \
      uint8 [B, H, W, 3], to predictions, [B, K] or [B, M, K].
      """)

  func run() throws {
    try Terminal.print(String(decoding: PackageResources.mixmo_client_py, as: UTF8.self))
  }
}
