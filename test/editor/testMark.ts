/** Before each line that the tests print: in VS Code's log they stand among others. */
export const testMark = '[test]';
