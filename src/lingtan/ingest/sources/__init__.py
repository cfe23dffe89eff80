"""The ways readings come in: pushed by HTTP, dropped as files, published by MQTT, polled by Modbus TCP."""
