import Formats

/// The state of a network that was pickled whole, as `torch.save(network, …)` does.
///
/// A module of PyTorch is an object of any class whose attributes include the dictionaries `_parameters`,
/// `_buffers` and `_modules`. Its tensors get the names that `state_dict` gives them. No class is looked
/// up and nothing is called: what a class makes of its state is not known, so that only tensors are taken.
struct ModuleState {
  private let parameters: [PickleItem]
  private let buffers: [PickleItem]
  private let modules: [PickleItem]

  /// The state of `object`; nil if it is no module.
  init?(_ object: PickleObject) {
    guard let state = object.state, let parameters = state["_parameters"]?.items,
      let buffers = state["_buffers"]?.items, let modules = state["_modules"]?.items
    else { return nil }
    self.parameters = parameters
    let temporary = Self.names(in: state["_non_persistent_buffers_set"])
    self.buffers = buffers.filter { !temporary.contains($0.key.shortText ?? "") }
    self.modules = modules
  }

  /// The names of a set.
  private static func names(in value: PickleValue?) -> Set<String> {
    guard case .object(let object)? = value, case .list(let names)? = object.arguments.first else {
      return []
    }
    return Set(names.compactMap(\.shortText))
  }

  /// The tensors under PyTorch's names.
  ///
  /// - Parameter budget: How many modules and tensors may still be followed in the whole file: modules
  ///   that refer to one another could describe many more than there are.
  /// - Returns: The entries of a state dictionary, or nil if they are too many.
  func stateDictionary(within budget: inout Int) -> [PickleItem]? {
    var items: [PickleItem] = []
    return add(to: &items, prefix: "", budget: &budget) ? items : nil
  }

  private func add(to items: inout [PickleItem], prefix: String, budget: inout Int) -> Bool {
    budget -= 1 + parameters.count + buffers.count
    guard budget >= 0, prefix.isShortKey else { return false }
    for item in parameters + buffers where item.value != .none {
      guard let name = item.key.shortText else { return false }
      items.append(PickleItem(key: .string(prefix + name), value: item.value))
    }
    for item in modules {
      guard let name = item.key.shortText else { return false }
      guard case .object(let object) = item.value, let module = ModuleState(object) else {
        continue
      }
      guard module.add(to: &items, prefix: "\(prefix)\(name).", budget: &budget) else {
        return false
      }
    }
    return true
  }
}
