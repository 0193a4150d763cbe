/// A format that checkpoints are written in.
public enum CheckpointFormat: String, Sendable, CaseIterable {
  /// The zip format of `torch.save`: any values, also this project's own checkpoints.
  case pyTorch = "pytorch"
  /// Named tensors and nothing else.
  case safeTensors = "safetensors"

  /// The format that a file's extension stands for: `ckpt`, `pt` and `pth`, or `safetensors`.
  public init?(fileExtension: String) {
    switch fileExtension.lowercased() {
    case "ckpt", "pt", "pth": self = .pyTorch
    case "safetensors": self = .safeTensors
    default: return nil
    }
  }
}
