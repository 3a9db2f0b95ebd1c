/** sluice */
export {};
