"""The monitor: counts that cost nothing. The engine has its own figures (`agents/engine/figures.py`)."""

from typing import Any

from faust.sensors.monitor import Monitor


class LeanMonitor(Monitor):
    """Leaves out what Faust keeps per event and per partition."""

    def on_message_in(self, tp: Any, offset: int, message: Any) -> None:
        self.messages_received_total += 1

    def on_stream_event_in(self, tp: Any, offset: int, stream: Any, event: Any) -> None:
        self.events_total += 1

    def on_stream_event_out(self, tp: Any, offset: int, stream: Any, event: Any, state: Any = None) -> None:
        pass

    def on_message_out(self, tp: Any, offset: int, message: Any) -> None:
        pass

    def track_tp_end_offset(self, tp: Any, offset: int) -> None:
        pass

    def on_tp_commit(self, tp_offsets: Any) -> None:
        pass

    def on_send_initiated(self, *args: Any, **kwargs: Any) -> Any:
        return None

    def on_send_completed(self, *args: Any, **kwargs: Any) -> None:
        pass
