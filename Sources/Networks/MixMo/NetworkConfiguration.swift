import Formats

/// The network that a run trains: the `network` section of a configuration file.
package struct NetworkConfiguration: Codable, Sendable, Equatable {
  /// The names in MixMo's reference code; those with `mixmo` have several subnetworks.
  package enum Name: String, Codable, CaseIterable, Sendable {
    case wideResNet = "wideresnet"
    case wideResNetMixMo = "wideresnetmixmo"
    case resNet = "resnet"
    case resNetMixMo = "resnetmixmo"
  }

  /// A group of residual blocks of one width.
  package struct Stage: Sendable, Equatable {
    package let channels: Int
    package let blockCount: Int
    /// The stride of the first block.
    package let stride: Int
  }

  package let name: Name
  /// 6n + 4 for WideResNet, 18 for PreActResNet.
  package let depth: Int
  package let widenFactor: Int

  package enum CodingKeys: String, CodingKey, CaseIterable {
    case name, depth
    case widenFactor = "widen_factor"
  }

  package init(name: Name, depth: Int, widenFactor: Int) {
    self.name = name
    self.depth = depth
    self.widenFactor = widenFactor
  }

  package init(from decoder: any Decoder) throws {
    let keys = try decoder.strictContainer(keyedBy: CodingKeys.self)
    name = try keys.decodeCase(Name.self, .name)
    depth = try keys.decode(.depth, in: 1...1000)
    widenFactor = try keys.decode(.widenFactor, in: 1...64)
    if isWide {
      guard Self.isPossible(depth: depth, isWide: true) else {
        throw keys.corrupted(
          .depth, "expected 6n + 4 (10, 16, 22, 28, …) for \(name.rawValue), found \(depth)")
      }
    } else {
      guard Self.isPossible(depth: depth, isWide: false) else {
        throw keys.corrupted(.depth, "expected 18 for \(name.rawValue), found \(depth)")
      }
    }
  }

  /// Whether a network can have this depth: 10, 16, 22, … for WideResNet, 18 for PreActResNet.
  package static func isPossible(depth: Int, isWide: Bool) -> Bool {
    isWide ? (10...1000).contains(depth) && (depth - 4) % 6 == 0 : depth == 18
  }

  package var isWide: Bool { name == .wideResNet || name == .wideResNetMixMo }

  package var hasSeveralMembers: Bool { name == .wideResNetMixMo || name == .resNetMixMo }

  /// Height and width of the images.
  package var imageSide: Int { isWide ? 32 : 64 }

  /// Height and width of the encoders' outputs, where images are mixed.
  package var encoderSide: Int { 32 }

  package var encoderChannels: Int { isWide ? 16 : 64 }

  package var stages: [Stage] {
    isWide
      ? [16, 32, 64].enumerated().map { index, width in
        Stage(
          channels: width * widenFactor, blockCount: (depth - 4) / 6, stride: index == 0 ? 1 : 2)
      }
      : [64, 128, 256, 512].enumerated().map { index, width in
        Stage(channels: width * widenFactor, blockCount: 2, stride: index == 0 ? 1 : 2)
      }
  }
}
