"""The demonstration city's departments: systems of their own, with planted defects. 演示数据."""
