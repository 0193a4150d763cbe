import Formats

/// The settings `training.dataset_wrapper`: what happens to images between the files and the
/// network.
package struct DatasetWrapperConfiguration: Codable, Sendable, Equatable {
  package var mixmo: MixMoConfiguration
  package var msda: MSDAConfiguration
  /// A further augmentation, after crop and flip.
  package var augmentation: AugmentationMethod?

  enum CodingKeys: String, CodingKey, CaseIterable {
    case mixmo, msda
    case augmentation = "da_method"
  }

  package init(
    mixmo: MixMoConfiguration = MixMoConfiguration(mixMethod: .init(method: nil)),
    msda: MSDAConfiguration = MSDAConfiguration(), augmentation: AugmentationMethod? = nil
  ) {
    self.mixmo = mixmo
    self.msda = msda
    self.augmentation = augmentation
  }

  package init(from decoder: any Decoder) throws {
    let keys = try decoder.strictContainer(keyedBy: CodingKeys.self)
    mixmo =
      try keys.decodeUnlessNone(MixMoConfiguration.self, .mixmo)
      ?? MixMoConfiguration(mixMethod: .init(method: nil))
    msda = try keys.decodeUnlessNone(MSDAConfiguration.self, .msda) ?? MSDAConfiguration()
    augmentation = try keys.decodeCaseUnlessNone(AugmentationMethod.self, .augmentation)
  }
}

/// An augmentation that `da_method` names.
package enum AugmentationMethod: String, CaseIterable, Codable, Sendable {
  case augmix
}
