internal import Configuration
internal import Kafka
internal import Limits

extension LimitPlan {
    /// Nil if the configuration limits nothing.
    init?(_ configuration: Configuration) {
        self.init(group: configuration.kafka.consumerProperties["group.id"] ?? "")
        for (name, provider) in configuration.providers where provider.limits.isLimited { providers[name] = provider.limits }
        for model in configuration.models.values where model.limits.isLimited {
            models[Model(provider: model.provider, name: model.model)] = model.limits
        }
        for (name, tenant) in configuration.tenants { tenants[name] = Tenant(weight: tenant.weight, rates: tenant.limits) }
        if let others = tenants.removeValue(forKey: TenantConfiguration.others) { otherTenants = others }
        withoutRedis = configuration.limits.whenRedisIsAway
        lease = configuration.limits.lease
        guard isLimited else { return nil }
    }
}
