import Datasets
import Formats
import Foundation
import Networks

/// Parts of a configuration file that contradict one another.
package struct RunConfigurationError: Error, CustomStringConvertible, Equatable {
  package let file: URL
  package let problem: Problem

  package init(file: URL, problem: Problem) {
    self.file = file
    self.problem = problem
  }

  package enum Problem: Error, Equatable {
    case wrongClassCount(DatasetKind, found: Int)
    case wrongImageSide(DatasetKind, NetworkConfiguration)
    case wrongMemberCount(NetworkConfiguration, found: Int)
    case termOfMissingMember(LossConfiguration.MissingMember)
  }

  package var description: String {
    "\(file.path): \(problem.description)".withoutControlCharacters
  }
}

extension RunConfigurationError.Problem: CustomStringConvertible {
  package var description: String {
    switch self {
    case .wrongClassCount(let kind, let found):
      "data.num_classes: expected \(kind.classCount) for \(kind.rawValue), found \(found)"
    case .wrongImageSide(let kind, let network):
      "model_wrapper.network.name: \(network.name.rawValue) takes images of "
        + "\(network.imageSide)×\(network.imageSide), \(kind.rawValue) has "
        + "\(kind.imageSide)×\(kind.imageSide)"
    case .wrongMemberCount(let network, let found):
      "num_members: expected \(network.hasSeveralMembers ? "at least 2" : "1") for network "
        + "\(network.name.rawValue), found \(found)"
    case .termOfMissingMember(let missing):
      "model_wrapper.loss.listloss: \(missing.term) reads logits_\(missing.member), but there are "
        + "\(missing.memberCount) members; give it the coeff \"<num_members\" or remove it"
    }
  }
}
