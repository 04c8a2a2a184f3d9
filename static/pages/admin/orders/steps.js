/** How a part of an order goes on, one step after the other. */
export const STEPS = ["placed", "shipped", "delivered", "completed"];
