"""For whom each route and event is: written down once more, so that a slip in the program's own table shows."""

EVERYONE = """
GET /api/waiting
PUT /api/waiting/{product_id}
DELETE /api/waiting/{product_id}
POST /api/waiting/{product_id}/take
waiting:join
waiting:leave
waiting:list
offer:take
POST /api/session
GET /api/cart
GET /api/carts
PUT /api/cart/items/{product_id}
DELETE /api/cart
GET /api/cart/products
POST /api/cart/update
POST /api/cart/order
GET /api/checkout
PUT /api/checkout
POST /api/checkout/order
POST /api/orders/link
POST /api/orders/link/cancel
GET /api/products/
GET /api/products/categories
GET /api/products/running-low
GET /api/products/{product_id}
GET /images/{image_id}
GET /images/{image_id}/small
GET /api/shop
POST /api/auth/register
POST /api/auth/activate
POST /api/auth/resend-activation
POST /api/auth/login
POST /api/auth/refresh
POST /api/auth/logout
POST /api/auth/forgot-password
POST /api/auth/reset-password
POST /api/auth/confirm-email
GET /api/notifications
POST /api/payments/webhook
POST /api/notifications/read
GET /healthz
GET /readyz
GET /metrics
GET /api/openapi.json
GET /api/asyncapi.json
GET /api/docs
cart:get
cart:set
cart:clear
cart:email
order:place
stock:watch
auth
notifications:read
"""

SIGNED_IN = """
POST /api/orders/
GET /api/orders/my-orders
GET /api/orders/my-orders/export
GET /api/orders/{order_id}/timeline
GET /api/orders/{order_id}
PUT /api/orders/{order_id}/status
POST /api/orders/{order_id}/cancel
POST /api/auth/change-password
POST /api/auth/change-email
GET /api/auth/sessions
DELETE /api/auth/sessions/{session_id}
GET /api/auth/profile
PUT /api/auth/profile
GET /api/auth/addresses
GET /api/auth/addresses/{address_id}
POST /api/auth/addresses
PUT /api/auth/addresses/{address_id}
DELETE /api/auth/addresses/{address_id}
GET /api/notifications/preferences
PUT /api/notifications/preferences
"""

SELLERS = """
POST /api/orders/{order_id}/refund
GET /api/orders/seller-orders
GET /api/orders/seller-orders/export
GET /api/seller/inventory-logs
GET /api/products/export
POST /api/products/import
GET /api/products/imports
GET /api/products/imports/{import_id}
GET /api/products/imports/{import_id}/lines
POST /api/products/imports/{import_id}/apply
POST /api/products/imports/{import_id}/cancel
GET /api/seller/dashboard
seller:watch
POST /api/products/
GET /api/products/my-products
PUT /api/products/{product_id}
DELETE /api/products/{product_id}
PUT /api/products/{product_id}/price
POST /api/products/{product_id}/publish
POST /api/products/{product_id}/unpublish
POST /api/products/{product_id}/discounts
DELETE /api/products/{product_id}/discounts/{discount_id}
GET /api/products/{product_id}/changes
POST /api/products/{product_id}/stock
GET /api/products/{product_id}/inventory-logs
POST /api/products/{product_id}/images
PUT /api/products/{product_id}/images
DELETE /api/products/{product_id}/images
PUT /api/products/{product_id}/images/{image_id}
DELETE /api/products/{product_id}/images/{image_id}
"""

COURIERS = """
POST /api/orders/{order_id}/claim
POST /api/orders/{order_id}/release
GET /api/orders/delivery-orders
delivery:watch
"""

ADMINS = """
GET /api/admin/orders
GET /api/admin/orders/export
GET /api/admin/products
PUT /api/admin/products/{product_id}/disable
PUT /api/admin/products/{product_id}/enable
GET /api/admin/users
GET /api/admin/users/{user_id}
PUT /api/admin/users/{user_id}/role
PUT /api/admin/users/{user_id}/disable
PUT /api/admin/users/{user_id}/enable
DELETE /api/admin/users/{user_id}
GET /api/admin/audit-events
GET /api/admin/dashboard
GET /api/admin/health
GET /api/admin/audit
POST /api/admin/audit
GET /api/admin/emails
POST /api/admin/emails/{mail_id}/resend
admin:watch
"""

_ROLES = {
    EVERYONE: {"nobody", "buyer", "seller", "delivery", "admin"},
    SIGNED_IN: {"buyer", "seller", "delivery", "admin"},
    SELLERS: {"seller", "admin"},
    COURIERS: {"delivery", "admin"},
    ADMINS: {"admin"},
}

WHOM = {name: frozenset(roles) for names, roles in _ROLES.items() for name in names.split("\n") if name}
