/** Lines of a text. */
export const count = (text: string): number => text.split("\n").length - 1;
