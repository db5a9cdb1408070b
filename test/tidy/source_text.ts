import ts from "typescript";

export interface Import {
  readonly target: string;
  readonly isTypeOnly: boolean;
}

export interface FunctionSize {
  readonly name: string;
  /** From 1. */
  readonly line: number;
  readonly lines: number;
}

/** One TypeScript file taken apart, so that no rule mistakes prose for code or code for prose. */
export interface SourceText {
  /** The source with comments and the contents of literals as spaces; line breaks are kept. */
  readonly code: string;
  /** The comments alone, the rest as spaces. */
  readonly comments: string;
  readonly imports: readonly Import[];
  readonly functions: readonly FunctionSize[];
  readonly usesAny: boolean;
  readonly usesNonNull: boolean;
  readonly usesPrivateKeyword: boolean;
  /** False for a file of types alone. */
  readonly holdsValues: boolean;
}

export function takeApart(path: string, source: string): SourceText {
  const kind = path.endsWith(".tsx") ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true, kind);
  const code = blank(source);
  const comments = source.split(""); // UTF-16 units, as positions count them
  const imports: Import[] = [];
  const functions: FunctionSize[] = [];
  const uses = { any: false, nonNull: false, private: false };
  const visit = (node: ts.Node): void => {
    imports.push(...importsIn(node));
    const size = functionSize(node, file);
    if (size !== undefined) functions.push(size);
    if (node.kind === ts.SyntaxKind.AnyKeyword) uses.any = true;
    if (ts.isNonNullExpression(node)) uses.nonNull = true;
    if (node.kind === ts.SyntaxKind.PrivateKeyword) uses.private = true;
    const children = ts.isJSDoc(node) ? [] : node.getChildren(file);
    for (const child of children) visit(child);
    if (children.length > 0 || ts.isJSDoc(node)) return;
    for (let i = node.getStart(file); i < node.end; i++) {
      if (!isLiteral(node)) code[i] = source[i] ?? " ";
      if (source[i] !== "\n") comments[i] = " ";
    }
  };
  visit(file);
  return {
    code: code.join(""),
    comments: comments.join(""),
    imports,
    functions,
    usesAny: uses.any,
    usesNonNull: uses.nonNull,
    usesPrivateKeyword: uses.private,
    holdsValues: file.statements.some(holdsValue),
  };
}

function blank(source: string): string[] {
  return source.split("").map((character) => character === "\n" ? "\n" : " ");
}

function isLiteral(node: ts.Node): boolean {
  return ts.isStringLiteral(node) || ts.isRegularExpressionLiteral(node) || ts.isJsxText(node) ||
    ts.isNoSubstitutionTemplateLiteral(node) || ts.isTemplateHead(node) ||
    ts.isTemplateMiddle(node) || ts.isTemplateTail(node);
}

function importsIn(node: ts.Node): Import[] {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    const clause = node.importClause;
    const named = clause?.namedBindings;
    const isTypeOnly = clause !== undefined && (clause.phaseModifier ===
        ts.SyntaxKind.TypeKeyword || (clause.name === undefined && named !== undefined &&
        ts.isNamedImports(named) && named.elements.every((element) => element.isTypeOnly)));
    return [{ target: node.moduleSpecifier.text, isTypeOnly }];
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
    const { exportClause: clause, moduleSpecifier, isTypeOnly } = node;
    const areAllTypes = clause !== undefined && ts.isNamedExports(clause) &&
      clause.elements.every((element) => element.isTypeOnly);
    const target = ts.isStringLiteral(moduleSpecifier) ? moduleSpecifier.text : "";
    return [{ target, isTypeOnly: isTypeOnly || areAllTypes }];
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [target] = node.arguments;
    const text = target !== undefined && ts.isStringLiteralLike(target) ? target.text : "";
    return [{ target: text, isTypeOnly: false }];
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    const { literal } = node.argument;
    return [{ target: ts.isStringLiteral(literal) ? literal.text : "", isTypeOnly: true }];
  }
  return [];
}

function functionSize(node: ts.Node, file: ts.SourceFile): FunctionSize | undefined {
  if (!ts.isFunctionLike(node) || !("body" in node) || node.body === undefined) return undefined;
  const first = file.getLineAndCharacterOfPosition(node.getStart(file)).line;
  const last = file.getLineAndCharacterOfPosition(node.end).line;
  return { name: node.name?.getText(file) ?? "(arrow)", line: first + 1, lines: last - first + 1 };
}

function holdsValue(statement: ts.Statement): boolean {
  if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) return false;
  if (ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement)) return false;
  const isDeclared = ts.canHaveModifiers(statement) &&
    ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword);
  return isDeclared !== true;
}
