"""Delivery: release sets, their promotion from dev to prod, receipts and rollback."""
