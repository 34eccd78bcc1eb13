"""Streams: what belongs to others arrives on one's own connection, or on nobody's."""

from __future__ import annotations

from gatewright.lab.weaknesses.weakness import Weakness

ROWS: tuple[Weakness, ...] = (
    Weakness(
        id="appointment-events-by-id",
        threat="API1:2023",
        kind="object level authorization",
        test="object-access-read",
        endpoint="GET /appointments/{appointment_id}/events",
        parameter="path:appointment_id",
        title="Any patient watches any appointment by its number",
    ),
    Weakness(
        id="live-messages-of-all",
        threat="API1:2023",
        kind="object level authorization",
        test="object-access-read",
        endpoint="GET /messages/live",
        title="Everybody's messages are told to whoever listens",
    ),
    Weakness(
        id="live-measurements-without-token",
        threat="API2:2023",
        kind="authentication",
        test="auth-missing",
        endpoint="GET /measurements/live",
        parameter="query:patient_id",
        title="What somebody measures is told to whoever names them, without logging in",
    ),
)
