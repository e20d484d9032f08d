"""What a served process is made of, put together once: settings, health, metrics, traces."""

from collections.abc import Mapping

from prometheus_client import REGISTRY, CollectorRegistry

from chassis.health import Check, Health
from chassis.observe import Dialect, Observer
from chassis.settings import Settings
from chassis.tracing import Tracing


class Runtime:
    """The parts that HTTP and gRPC services share; one per served service."""

    def __init__(
        self, dialect: Dialect, settings: Settings, checks: Mapping[str, Check] | None
    ) -> None:
        """Make the parts; nothing global is touched, so that a test can make many.

        The registry also shows what the service registered in prometheus_client's own.
        """
        self.settings = settings
        self.health = Health(checks, settings.ready_check_timeout_seconds)
        self.registry = CollectorRegistry(
            target_info={
                "service_name": settings.service_name,
                "service_version": settings.service_version,
            }
        )
        self.registry.register(REGISTRY)
        self.tracing = Tracing(settings)
        self.observer = Observer(dialect, self.registry, self.tracing.provider)
